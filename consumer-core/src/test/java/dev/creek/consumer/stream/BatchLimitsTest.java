package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BatchLimitsTest {
  @Test
  void growAsFarAsNumbersReach() {
    assertThat(new BatchLimits(5000, 1 << 20).times(4)).isEqualTo(new BatchLimits(20_000, 1 << 22));
    assertThat(new BatchLimits(Integer.MAX_VALUE, 1 << 30).times(4))
        .isEqualTo(new BatchLimits(Integer.MAX_VALUE, Integer.MAX_VALUE));
  }
}
