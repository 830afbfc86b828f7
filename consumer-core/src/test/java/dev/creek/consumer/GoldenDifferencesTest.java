package dev.creek.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.GoldenDifferences.Reason;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.GoldenTables;
import dev.creek.consumer.wire.Generation;
import java.util.HashSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The differences that a replay may show are those that the captures account for. */
final class GoldenDifferencesTest {

  @ParameterizedTest
  @EnumSource
  void theProducersLogSaysThatItDroppedThem(Generation generation) throws Exception {
    String log;
    try (var in = new GoldenCapture(generation).open("producer_drops.log")) {
      log = new String(in.readAllBytes(), UTF_8);
    }
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
