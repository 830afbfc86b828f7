package dev.creek.consumer.stream.batch;

import static dev.creek.consumer.stream.batch.Histories.change;
import static dev.creek.consumer.stream.batch.Histories.schema;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.wire.Change;
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

  @Test
  void isShortBehindAChangeThatUsuallyEndsItsTransaction() {
    Linger linger = Linger.ofTables(null);
    Change change = change(1, 1);
    Duration careful = linger.current();
    saw(linger, change, Endings.FIRST - 1, true);
    assertThat(linger.after(change)).isEqualTo(careful);
    saw(linger, change, 1, true);
    assertThat(linger.after(change)).isEqualTo(PatientLinger.SHORTEST);
    assertThat(linger.after(change(2, 2, schema(2), 1))).isEqualTo(careful);
    assertThat(linger.current()).isEqualTo(careful);
  }

  @Test
  void isCarefulForLongerEachTimeThatItWasWrong() {
    Linger linger = Linger.ofTables(null);
    Change change = change(1, 1);
    Duration careful = linger.current();
    for (int needed = Endings.FIRST; needed <= Endings.MOST; needed *= 2) {
      saw(linger, change, needed - 1, true);
      assertThat(linger.after(change)).isEqualTo(careful);
      saw(linger, change, 1, true);
      assertThat(linger.after(change)).isEqualTo(PatientLinger.SHORTEST);
      saw(linger, change, 1, false);
    }
    saw(linger, change, Endings.MOST, true);
    assertThat(linger.after(change)).isEqualTo(PatientLinger.SHORTEST);
  }

  @Test
  void aKindThatOftenGoesOnIsNeverAnEnd() {
    Linger linger = Linger.ofTables(null);
    Change change = change(1, 1);
    for (int i = 0; i < 10 * Endings.FIRST; i++) {
      saw(linger, change, Endings.FIRST - 1, true);
      saw(linger, change, 1, false);
    }
    assertThat(linger.after(change)).isEqualTo(linger.current());
  }

  private static void saw(Linger linger, Change change, int times, boolean ended) {
    for (int i = 0; i < times; i++) {
      linger.sawNext(change, ended);
    }
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
