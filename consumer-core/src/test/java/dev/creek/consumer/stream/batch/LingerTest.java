package dev.creek.consumer.stream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LingerTest {
  private final AtomicLong now = new AtomicLong();

  @Test
  void followsTheGapsInsideTransactions() {
    Linger linger = Linger.ofTable(null);
    linger.sawGap(Duration.ofMillis(3).toNanos());
    assertThat(linger.current()).isEqualTo(Duration.ofMillis(12));
  }

  @Test
  void staysWithinItsBounds() {
    Linger linger = Linger.ofTable(null);
    linger.sawGap(Duration.ofSeconds(9).toNanos());
    assertThat(linger.current()).isEqualTo(QuickLinger.LONGEST);
    for (int i = 0; i < 1000; i++) {
      linger.sawGap(1000);
    }
    assertThat(linger.current()).isEqualTo(QuickLinger.SHORTEST);
  }

  @Test
  void isFixedByTheOption() {
    Linger linger = Linger.ofTable(Duration.ZERO);
    linger.sawGap(Duration.ofSeconds(9).toNanos());
    assertThat(linger.current()).isZero();
  }

  @Test
  void thatOfSeveralTablesRemembersAPauseForAMinute() {
    Linger linger = new PatientLinger(now::get);
    Duration gap = Duration.ofMillis(20);
    linger.sawGap(gap.toNanos());
    for (int i = 0; i < 1000; i++) {
      linger.sawGap(1000);
    }
    assertThat(linger.current()).isEqualTo(gap.multipliedBy(3));
    pass(PatientLinger.PERIOD);
    linger.sawGap(1000);
    assertThat(linger.current()).isEqualTo(gap.multipliedBy(3));
    pass(PatientLinger.PERIOD);
    linger.sawGap(1000);
    assertThat(linger.current()).isEqualTo(PatientLinger.SHORTEST);
  }

  @Test
  void andForgetsItOnAQuietDatabase() {
    Linger linger = new PatientLinger(now::get);
    linger.sawGap(Duration.ofSeconds(9).toNanos());
    assertThat(linger.current()).isEqualTo(PatientLinger.LONGEST);
    pass(PatientLinger.PERIOD.multipliedBy(2));
    assertThat(linger.current()).isEqualTo(PatientLinger.SHORTEST);
  }

  @Test
  void itIsCarefulAtFirst() {
    Linger linger = new PatientLinger(now::get);
    linger.sawGap(1000);
    assertThat(linger.current()).isEqualTo(PatientLinger.FIRST.multipliedBy(3));
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
