package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What check says of a table that has not changed since its producer came. */
final class IdleTablesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();

  @Test
  void areComparedWithWhatASnapshotTellsAndSentToWhatWorks() {
    source.execute(
        "create table visits (id int primary key, at timestamptz)",
        "insert into visits values (1, now())");
    target.execute("create table narrow (id int primary key, at date)");
    path.produce(Generation.OLD);
    Mapping missing = path.mapping("visits");
    Mapping narrow = path.mapping("visits", "public.narrow");
    assertThat(fixes(missing))
        .anyMatch(fix -> fix.startsWith("creek-consumer resync '" + missing + "'"));

    consumer.initialize().block(PATIENCE);
    consumer.snapshots().take(missing, SnapshotMode.CLEAN).blockLast(PATIENCE);
    assertThat(fixes(narrow))
        .contains("ALTER TABLE \"public\".\"narrow\" ALTER COLUMN \"at\" TYPE timestamptz;");
    assertThat(fixes(missing))
        .noneMatch(fix -> fix.contains("resync") || fix.startsWith("ALTER TABLE"));
  }

  private List<String> fixes(Mapping mapping) {
    List<Finding> findings =
        Objects.requireNonNull(
            consumer.check(List.of(mapping), null).collectList().block(PATIENCE));
    return findings.stream()
        .filter(finding -> finding.about().equals(mapping.toString()))
        .map(Finding::fix)
        .filter(Objects::nonNull)
        .toList();
  }
}
