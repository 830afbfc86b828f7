package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Snapshots asked for in SQL, and a running consumer that applies them. */
class SnapshotCommandsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private SqlCall sql;
  private String mapping;
  private final CreekConsumer consumer = path.consumer();

  @BeforeEach
  void start() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, 1000) i");
    sql = SqlCall.of(target);
    mapping = source.name() + ".public.items:public.items";
    consumer.initialize().block(PATIENCE);
    path.run();
  }

  private void produce(Defect... defects) {
    path.produce(Generation.OLD, defects);
  }

  @Test
  void resyncMakesFillsAndSubscribesATable() throws SQLException {
    produce();
    long id = sql.id("resync", mapping);
    assertThat(waitFor(id)).isEqualTo("ok");
    assertThat(
            target.query(
                "select step, rows_done, rows_expected, detail like '1,000 rows of %, subscribed'"
                    + " from _creek_consumer._notification_log"))
        .containsExactly(List.of("done", "1000", "1000", "t"));
    source.execute("update items set v = 'changed' where id = 1");
    awaitValue("changed");
  }

  @Test
  void appliesANewSnapshotAndOneThatIsThere() throws SQLException {
    produce();
    assertThat(waitFor(sql.id("snapshot", mapping, "clean"))).isEqualTo("ok");
    String topic =
        consumer
            .snapshots()
            .published(SourceTable.parse(mapping.substring(0, mapping.indexOf(':'))))
            .map(PublishedSnapshot::subject)
            .blockLast(PATIENCE);
    target.execute("update items set v = 'mine' where id = 1", "delete from items where id = 2");
    assertThat(waitFor(sql.id("apply_snapshot", topic, mapping, "upsert"))).isEqualTo("ok");
    assertThat(target.value("select count(*) || ' ' || min(v) from items")).isEqualTo("1000 v1");
    assertThat(waitFor(sql.id("apply_snapshot", topic + "x", mapping, "upsert")))
        .isNotEqualTo("ok");
  }

  @Test
  void givesASnapshotUpForARemoval() throws SQLException {
    produce(Defect.NO_SNAPSHOT_EOF);
    target.execute("create table items (id int primary key, v text)");
    sql.call("add_table", mapping);
    long snapshot = sql.id("snapshot", mapping, "upsert");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                "loading"
                    .equals(
                        target.value(
                            "select step from _creek_consumer._notification_log where id = "
                                + snapshot)));
    long removal = sql.id("remove_table", "public.items");
    assertThat(waitFor(snapshot))
        .isEqualTo("given up: remove_table was requested, command " + removal);
    assertThat(waitFor(removal)).isEqualTo("ok");
    assertThat(target.value("select active from _creek_consumer.subscriptions")).isEqualTo("f");
  }

  /** By CALL: a query that waits would have the snapshot wait for it. */
  private String waitFor(long id) {
    return target.value("call _creek_consumer.wait_for(%d, '1 minute', null)".formatted(id));
  }

  private void awaitValue(String value) {
    await()
        .atMost(PATIENCE)
        .until(() -> value.equals(target.value("select v from items where id = 1")));
  }
}
