package dev.creek.consumer.stream.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.MemoryLog;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class ResumePointTest {
  private static final Duration OVERLAP = Duration.ofSeconds(10);
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final StreamIdentity STREAM = new StreamIdentity("CREEK_wal", T);
  private static final StreamIdentity AGAIN = new StreamIdentity("CREEK_wal", T.plusSeconds(5));
  private static final StreamIdentity NEXT_GENERATION =
      new StreamIdentity("CREEK_wal_shop", T.plusSeconds(5));

  /** What the stream holds since a little before T begins behind that. */
  private ChangesSince since = new ChangesSince(STREAM, 70, true);

  @Test
  void continuesBehindTheLastSequence() {
    assertThat(start(at(STREAM, 41), log(STREAM, 1, 100))).isEqualTo(new StartAt.Sequence(42));
  }

  @Test
  void continuesWhereNothingNewHasCome() {
    assertThat(start(at(STREAM, 41), log(STREAM, 42, 41))).isEqualTo(new StartAt.Sequence(42));
  }

  @Test
  void beginsAtTheBeginningWithoutAPosition() {
    assertThat(start(Position.NONE, log(STREAM, 17, 100))).isEqualTo(new StartAt.Beginning());
  }

  @Test
  void goesByTheTimesOfTheChangesFromARowThatTheGoConsumerLeft() {
    ResumePoint resume = from(at(null, 0), log(STREAM, 1, 100));
    assertThat(resume.start()).isEqualTo(new StartAt.Sequence(71));
    assertThat(resume.claim().horizon())
        .isEqualTo(new Horizon(Horizon.Kind.POSITION, 0, 0, 0, 0x77, T));
  }

  @Test
  void goesByTheTimesOfTheChangesWhenTheProducerWritesToItsNewStream() {
    since = new ChangesSince(NEXT_GENERATION, 2, true);
    ResumePoint resume = from(at(STREAM, 41), log(NEXT_GENERATION, 1, 5));
    assertThat(resume.start()).isEqualTo(new StartAt.Sequence(3));
    assertThat(resume.claim().horizon()).isNotNull();
  }

  @Test
  void mayBeginInTheMiddleOfAMessageWhereNothingBeforeItIsNeeded() {
    since = new ChangesSince(STREAM, 49, true);
    assertThat(start(at(null, 0), log(STREAM, 50, 100))).isEqualTo(new StartAt.Beginning());
  }

  @Test
  void refusesWhatRetentionHasEaten() {
    assertThatThrownBy(() -> start(at(STREAM, 41), log(STREAM, 44, 100)))
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("42 to 43");
  }

  @Test
  void refusesARecreatedStream() {
    assertThatThrownBy(() -> start(at(STREAM, 41), log(AGAIN, 1, 100)))
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("created again");
  }

  @Test
  void refusesAStreamThatWentBack() {
    assertThatThrownBy(() -> start(at(STREAM, 41), log(STREAM, 1, 40)))
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("went back");
  }

  @Test
  void refusesATimeThatTheStreamNoLongerHolds() {
    since = new ChangesSince(STREAM, 49, false);
    assertThatThrownBy(() -> start(at(null, 0), log(STREAM, 50, 100)))
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("no longer holds everything that was committed since");
  }

  private StartAt start(Position position, LogState log) {
    return from(position, log).start();
  }

  private ResumePoint from(Position position, LogState log) {
    Claim claim = new Claim(Mapping.parse("shop.app.orders:copy.orders"), 1, position);
    MemoryLog changes =
        new MemoryLog(1, () -> {}) {
          @Override
          public Mono<ChangesSince> committedSince(SourceTable source, Instant time) {
            assertThat(time).isEqualTo(T.minus(OVERLAP));
            return Mono.just(since);
          }
        };
    return ResumePoint.of(claim, log, OVERLAP, changes).block(Duration.ofSeconds(10));
  }

  private static Position at(StreamIdentity stream, long sequence) {
    return new Position(stream, sequence, 0x77, T);
  }

  private static LogState log(StreamIdentity stream, long first, long last) {
    return new LogState(stream, first, last, T.minusSeconds(3600));
  }
}
