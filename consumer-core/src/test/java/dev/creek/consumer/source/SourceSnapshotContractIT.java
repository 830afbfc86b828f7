package dev.creek.consumer.source;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The snapshots of a real source. */
class SourceSnapshotContractIT extends SnapshotContract {
  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();

  @BeforeEach
  void given() {
    for (String table : List.of("items", "others")) {
      source.execute("create table %s (id int primary key, note text)".formatted(table));
    }
    source.execute(
        "insert into items select i, 'n' || i from generate_series(1, %d) i".formatted(ROWS),
        "create table moments (id int primary key, at timestamptz, days date[])",
        "insert into moments values (1, now(), '{}'), (2, 'infinity', '{}'), (3, null, '{-infinity}')",
        "analyze items",
        "analyze others");
    path.produce(Generation.OLD, Defect.DROP_INFINITE_SNAPSHOT_ROWS);
  }

  @Override
  CreekSource open(UnaryOperator<SourceOptions.Builder> settings) {
    // A busy machine pauses within a transaction for longer than is usual.
    return CreekSource.create(
        settings
            .apply(SourceOptions.builder(path.broker().uri()).linger(Duration.ofSeconds(1)))
            .build());
  }

  @Override
  String name(String table) {
    return source.name() + ".public." + table;
  }

  @Override
  void insert(String table, int id, String note) {
    source.execute("insert into %s values (%d, '%s')".formatted(table, id, note));
  }

  @Override
  void updateBoth(int id, String note) {
    source.execute(
        "do $$ begin update items set note = '%2$s' where id = %1$d; insert into others values (%1$d, '%2$s'); end $$;"
            .formatted(id, note));
  }
}
