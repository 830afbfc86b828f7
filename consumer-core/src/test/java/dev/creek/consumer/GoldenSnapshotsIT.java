package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every snapshot that the real producers published, in a real JetStream, applied to a real
 * PostgreSQL: the tables then hold what the source held. Those that are no snapshots fail, and
 * change nothing.
 */
final class GoldenSnapshotsIT {
  /** That of the source, as the expected values are in its words. */
  private static final int SOURCE_VERSION = 15;

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration STALL = Duration.ofSeconds(2);

  /** Rows that nothing tells apart, so that they cannot be upserted. */
  private static final Set<String> KEYLESS = Set.of("no_pk", "no_pk_full");

  /** How the broken ones fail, by table and number among the table's snapshots. */
  private static final Map<Generation, Map<String, String>> BROKEN =
      Map.of(
          Generation.OLD,
          Map.of("CamelCase 1", "needs double quotes in SQL"),
          Generation.NEW,
          Map.of(
              "CamelCase 1",
              "needs double quotes in SQL",
              "snap_10k 2",
              "its end never did",
              "snap_small 4",
              "without its header"));

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(SOURCE_VERSION));

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @ParameterizedTest
  @CsvSource({"OLD, CLEAN", "OLD, UPSERT", "NEW, CLEAN", "NEW, UPSERT"})
  void theTargetHoldsWhatTheSourceHeld(
      Generation generation, SnapshotMode mode, PostgresDatabase database) throws Exception {
    var capture = new GoldenCapture(generation);
    var target = new GoldenTarget(database);
    var applied = new LinkedHashSet<SourceTable>();
    var broken = new HashMap<String, String>();
    try (var publisher =
            new GoldenPublisher(nats.server(), capture, List.of("wal", "schema", "snap"));
        var consumer = consumer(target)) {
      capture.snapshots().forEach(publisher::store);
      var numbers = new HashMap<String, Integer>();
      for (var snapshot : snapshots(capture).entrySet()) {
        SourceTable table = snapshot.getValue();
        int number = numbers.merge(table.table(), 1, Integer::sum);
        String expected = BROKEN.get(generation).get(table.table() + " " + number);
        if (expected != null) {
          broken.put(table.table() + " " + number, expected);
          assertThatThrownBy(() -> apply(consumer, snapshot.getKey(), table, mode))
              .as(snapshot.getKey())
              .isInstanceOf(SnapshotException.class)
              .hasMessageContaining(expected);
        } else if (mode == SnapshotMode.UPSERT && KEYLESS.contains(table.table())) {
          assertThatThrownBy(() -> apply(consumer, snapshot.getKey(), table, mode))
              .isInstanceOf(ShapeMismatchException.class);
        } else {
          assertThat(apply(consumer, snapshot.getKey(), table, mode).step())
              .isEqualTo(SnapshotProgress.Step.DONE);
          applied.add(table);
        }
      }
    }
    assertThat(broken).isEqualTo(BROKEN.get(generation));
    assertThat(
            target.differences(
                generation, List.copyOf(applied), GoldenDifferences.ofSnapshots(generation)))
        .isEmpty();
  }

  private ConsumerOptions options(GoldenTarget target) {
    return ConsumerOptions.builder(
            BrokerOptions.builder(nats.server().uri()).build(), DatabaseOptions.of(target.uri()))
        .snapshotStall(STALL)
        .build();
  }

  private CreekConsumer consumer(GoldenTarget target) {
    return CreekConsumer.create(options(target));
  }

  private static SnapshotProgress apply(
      CreekConsumer consumer, String subject, SourceTable table, SnapshotMode mode) {
    var mapping = new Mapping(table, new TargetTable(table.namespace(), table.table()));
    return consumer.snapshots().apply(subject, mapping, mode).blockLast(PATIENCE);
  }

  /** Subjects and their tables, in the order in which they came. */
  private static Map<String, SourceTable> snapshots(GoldenCapture capture) {
    String prefix = capture.streamState("snap").at("/config/subjects/0").textValue();
    int names = prefix.length() - 1;
    var found = new LinkedHashMap<String, SourceTable>();
    for (CapturedMessage message : capture.snapshots()) {
      String subject = message.subject();
      String table = subject.substring(names, subject.lastIndexOf('.'));
      found.computeIfAbsent(
          subject, unseen -> SourceTable.parse(GoldenCapture.DATABASE + "." + table));
    }
    return found;
  }
}
