package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.control.Mapping;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ResumeTest {
  private static final Duration OVERLAP = Duration.ofSeconds(10);
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final StreamIdentity STREAM = new StreamIdentity("CREEK_wal", T);
  private static final StreamIdentity AGAIN = new StreamIdentity("CREEK_wal", T.plusSeconds(5));
  private static final StreamIdentity NEXT_GENERATION =
      new StreamIdentity("CREEK_wal_shop", T.plusSeconds(5));

  @Test
  void continuesBehindTheLastSequence() {
    assertThat(from(at(STREAM, 41), log(STREAM, 1, 100))).isEqualTo(new StartAt.Sequence(42));
  }

  @Test
  void continuesWhereNothingNewHasCome() {
    assertThat(from(at(STREAM, 41), log(STREAM, 42, 41))).isEqualTo(new StartAt.Sequence(42));
  }

  @Test
  void beginsAtTheBeginningWithoutAPosition() {
    assertThat(from(Position.NONE, log(STREAM, 17, 100))).isEqualTo(new StartAt.Beginning());
  }

  @Test
  void goesByTimeFromARowThatTheGoConsumerLeft() {
    assertThat(from(at(null, 0), log(STREAM, 1, 100)))
        .isEqualTo(new StartAt.Time(T.minus(OVERLAP)));
  }

  @Test
  void goesByTimeWhenTheProducerWritesToItsNewStream() {
    assertThat(from(at(STREAM, 41), log(NEXT_GENERATION, 1, 5)))
        .isEqualTo(new StartAt.Time(T.minus(OVERLAP)));
  }

  @Test
  void refusesWhatRetentionHasEaten() {
    assertThatThrownBy(() -> from(at(STREAM, 41), log(STREAM, 44, 100)))
        .isInstanceOf(LogException.Gap.class)
        .hasMessageContaining("42 to 43");
  }

  @Test
  void refusesARecreatedStream() {
    assertThatThrownBy(() -> from(at(STREAM, 41), log(AGAIN, 1, 100)))
        .isInstanceOf(LogException.Gap.class)
        .hasMessageContaining("created again");
  }

  @Test
  void refusesAStreamThatWentBack() {
    assertThatThrownBy(() -> from(at(STREAM, 41), log(STREAM, 1, 40)))
        .isInstanceOf(LogException.Gap.class)
        .hasMessageContaining("went back");
  }

  @Test
  void refusesATimeThatTheStreamNoLongerHolds() {
    assertThatThrownBy(() -> from(at(null, 0), new LogState(STREAM, 50, 100, T.plusSeconds(1))))
        .isInstanceOf(LogException.Gap.class);
  }

  private static StartAt from(Position position, LogState log) {
    Claim claim = new Claim(Mapping.parse("shop.app.orders:copy.orders"), 1, position);
    return Resume.from(claim, log, OVERLAP);
  }

  private static Position at(StreamIdentity stream, long sequence) {
    return new Position(stream, sequence, 0, T);
  }

  private static LogState log(StreamIdentity stream, long first, long last) {
    return new LogState(stream, first, last, T.minusSeconds(3600));
  }
}
