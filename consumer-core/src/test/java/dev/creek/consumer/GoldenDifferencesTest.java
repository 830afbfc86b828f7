package dev.creek.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.GoldenDifferences.Reason;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.GoldenTables;
import java.io.IOException;
import java.util.HashSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The differences that a replay may show are those that the captures account for. */
final class GoldenDifferencesTest {

  @ParameterizedTest
  @EnumSource
  void theProducersLogSaysThatItDroppedThem(Generation generation) throws Exception {
    String log = log(generation);
    assertThat(GoldenDifferences.of(generation))
        .filteredOn(difference -> difference.reason() == Reason.DROPPED)
        .isNotEmpty()
        .allSatisfy(
            dropped ->
                assertThat(log)
                    .contains("dropping message from golden.app." + dropped.table() + ", err: "));
  }

  @ParameterizedTest
  @EnumSource
  void theProducersLogSaysThatSnapshotsLackThem(Generation generation) throws Exception {
    String log = log(generation);
    String topic =
        generation == Generation.OLD ? "CREEK.golden.snap.app." : "CREEK_snap_golden.app.";
    assertThat(GoldenDifferences.ofSnapshots(generation))
        .filteredOn(difference -> difference.reason() == Reason.DROPPED)
        .isNotEmpty()
        .allSatisfy(
            dropped ->
                assertThat(log)
                    .contains(
                        "failed to marshal snapshot data for topic "
                            + topic
                            + dropped.table()
                            + "."));
  }

  private static String log(Generation generation) throws IOException {
    try (var in = new GoldenCapture(generation).open("producer_drops.log")) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @ParameterizedTest
  @EnumSource
  void allOtherTablesOfTheSourceAreOnTheWire(Generation generation) {
    var missing = new HashSet<>(GoldenTables.files(generation).keySet());
    for (var table : GoldenStreams.tables(new GoldenCapture(generation))) {
      missing.remove(table.namespace() + "." + table.table() + ".csv");
    }
    assertThat(missing)
        .map(file -> file.replace(".csv", ""))
        .containsExactlyInAnyOrderElementsOf(
            GoldenDifferences.tablesNeverOnTheWire(generation).keySet());
  }
}
