package dev.creek.consumer.stream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Incompleteness;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EstimateTest {

  @ParameterizedTest
  @CsvSource({"300, 18", "300, 33", "300, 185", "100, 40", "10, 0", "1000000, 700000", "40, 0"})
  void farFewerRowsThanTheStatisticsSayAreTold(long estimated, long rows) {
    assertThat(Estimate.compare(estimated, rows))
        .hasValueSatisfying(
            mark -> {
              assertThat(mark.cause()).isEqualTo(Incompleteness.Cause.THIN_SNAPSHOT);
              assertThat(mark.reason())
                  .contains("%,d rows".formatted(rows), "%,d".formatted(estimated));
            });
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0",
    "0, 0",
    "0, 500",
    "9, 0",
    "100, 55",
    "300, 200",
    "300, 300",
    "300, 3000",
    "1000000, 810000"
  })
  void whatStaleStatisticsExplainIsNot(long estimated, long rows) {
    assertThat(Estimate.compare(estimated, rows)).isEmpty();
  }
}
