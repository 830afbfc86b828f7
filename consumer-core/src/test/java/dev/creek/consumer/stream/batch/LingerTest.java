package dev.creek.consumer.stream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LingerTest {
  @Test
  void followsTheGapsInsideTransactions() {
    Linger linger = new Linger(null);
    linger.sawGap(Duration.ofMillis(3).toNanos());
    assertThat(linger.current()).isEqualTo(Duration.ofMillis(12));
  }

  @Test
  void staysWithinItsBounds() {
    Linger linger = new Linger(null);
    linger.sawGap(Duration.ofSeconds(9).toNanos());
    assertThat(linger.current()).isEqualTo(Linger.LONGEST);
    for (int i = 0; i < 1000; i++) {
      linger.sawGap(1000);
    }
    assertThat(linger.current()).isEqualTo(Linger.SHORTEST);
  }

  @Test
  void isFixedByTheOption() {
    Linger linger = new Linger(Duration.ZERO);
    linger.sawGap(Duration.ofSeconds(9).toNanos());
    assertThat(linger.current()).isZero();
  }
}
