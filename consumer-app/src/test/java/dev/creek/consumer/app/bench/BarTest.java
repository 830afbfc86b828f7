package dev.creek.consumer.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class BarTest {
  private final Results results = new Results();

  @Test
  void comparesMediansWithNativeReplication() {
    for (double seconds : List.of(3.0, 2.0, 9.0)) {
      results.add("one-row", "native", Measured.NOTHING.took(seconds, 100));
    }
    results.add("one-row", "creek", Measured.NOTHING.took(2.0, 100));

    assertThat(Bar.outcomes(results))
        .singleElement()
        .satisfies(
            outcome -> {
              assertThat(outcome.value()).isEqualTo(1.5);
              assertThat(outcome.met()).isTrue();
            });
  }

  @Test
  void oneRunWithTooMuchMemoryIsTooMany() {
    for (double bytes : List.of(150e6, 201e6, 150e6)) {
      results.add("eight", "creek", Measured.NOTHING.with(Metric.PEAK_RSS_BYTES, bytes));
    }

    assertThat(Bar.outcomes(results)).extracting(Bar.Outcome::met).containsExactly(false);
  }

  @Test
  void aPercentileIsTheValueBelowWhichThatShareIs() {
    double[] hundred = new double[100];
    for (int i = 0; i < hundred.length; i++) {
      hundred[i] = i + 1;
    }
    assertThat(Spread.percentile(hundred, 0.5)).isEqualTo(51);
    assertThat(Spread.percentile(hundred, 0.99)).isEqualTo(100);
  }
}
