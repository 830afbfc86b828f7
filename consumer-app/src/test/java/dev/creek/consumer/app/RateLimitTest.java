package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class RateLimitTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @Test
  void admitsABurstAndThenTheRate() {
    var limit = new RateLimit(2, 3, 0);
    assertThat(admitted(limit, 10, 0)).isEqualTo(3);
    assertThat(admitted(limit, 10, SECOND / 2)).isEqualTo(1);
    assertThat(admitted(limit, 10, SECOND)).isEqualTo(1);
    assertThat(admitted(limit, 10, 2 * SECOND)).isEqualTo(2);
  }

  @Test
  void aLongPauseSavesUpNoMoreThanABurst() {
    var limit = new RateLimit(100, 3, 0);
    assertThat(admitted(limit, 10, 0)).isEqualTo(3);
    assertThat(admitted(limit, 10, 1000 * SECOND)).isEqualTo(3);
  }

  @Test
  void aRateBelowOneASecondAddsUp() {
    var limit = new RateLimit(0.5, 1, 0);
    assertThat(admitted(limit, 1, 0)).isEqualTo(1);
    assertThat(admitted(limit, 1, SECOND)).isZero();
    assertThat(admitted(limit, 1, 2 * SECOND)).isEqualTo(1);
  }

  @Test
  void zeroIsNoLimit() {
    assertThat(admitted(new RateLimit(0, 1, 0), 1000, 0)).isEqualTo(1000);
  }

  @Test
  void worksWhereTheClockIsNegative() {
    var limit = new RateLimit(1, 1, Long.MIN_VALUE);
    assertThat(admitted(limit, 2, Long.MIN_VALUE)).isEqualTo(1);
    assertThat(admitted(limit, 2, Long.MIN_VALUE + SECOND)).isEqualTo(1);
  }

  private static int admitted(RateLimit limit, int tries, long now) {
    int admitted = 0;
    for (int i = 0; i < tries; i++) {
      admitted += limit.admits(now) ? 1 : 0;
    }
    return admitted;
  }
}
