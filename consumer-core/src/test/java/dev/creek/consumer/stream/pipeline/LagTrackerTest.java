package dev.creek.consumer.stream.pipeline;

import static dev.creek.consumer.stream.batch.Histories.SCHEMA;
import static dev.creek.consumer.stream.batch.Histories.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LagTrackerTest {
  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  private Instant now = START;
  private final LagTracker unapplied = new LagTracker(() -> now);

  @Test
  void isZeroWhileNothingIsPending() {
    begin(0);
    pass(3600);
    assertThat(unapplied.lag()).isZero();
    assertThat(unapplied.pendingMessages()).isZero();
  }

  @Test
  void isTheAgeOfTheOldestChangeThatIsNotCommitted() {
    begin(2);
    deliver(0, change(1, 50), change(2, 55));
    pass(60);
    assertThat(unapplied.lag()).isEqualTo(seconds(10));
    assertThat(unapplied.pendingMessages()).isEqualTo(2);
    commit(1, 1, 50);
    assertThat(unapplied.lag()).as("no older than the last one applied").isEqualTo(seconds(10));
    assertThat(unapplied.pendingMessages()).isEqualTo(1);
    commit(2, 1, 55);
    assertThat(unapplied.lag()).isZero();
    assertThat(unapplied.pendingMessages()).isZero();
  }

  @Test
  void growsOnWhileTheLineIsStuck() {
    begin(1);
    pass(5);
    deliver(0, change(1, 5));
    unapplied.stopped();
    pass(100);
    assertThat(unapplied.lag()).isEqualTo(seconds(100));
    unapplied.starts();
    assertThat(unapplied.lag()).as("not forgotten before it is read again").isEqualTo(seconds(100));
    begin(2);
    pass(1);
    deliver(1, change(1, 5));
    assertThat(unapplied.lag()).isEqualTo(seconds(101));
    assertThat(unapplied.pendingMessages()).isEqualTo(2);
  }

  @Test
  void isForgottenWhereItTurnsOutToBeApplied() {
    begin(1);
    deliver(0, change(1, 0));
    unapplied.stopped();
    pass(100);
    unapplied.starts();
    begin(0);
    assertThat(unapplied.lag()).isZero();
  }

  @Test
  void growsFromTheLastMomentThatIsKnownWhereNothingCanBeRead() {
    begin(0);
    pass(1000);
    unapplied.interrupted("the broker is away", null);
    pass(7);
    assertThat(unapplied.lag()).isEqualTo(seconds(7));
    unapplied.began(0);
    assertThat(unapplied.lag()).isZero();
  }

  @Test
  void growsFromTheStartWhereNothingWasEverRead() {
    pass(30);
    assertThat(unapplied.lag()).isEqualTo(seconds(30));
  }

  @Test
  void isNotKnownBeforeAnythingWasRead() {
    pass(30);
    assertThat(unapplied.lagCertainty()).isEqualTo(Certainty.UNKNOWN);
    assertThat(unapplied.pendingCertainty()).isEqualTo(Certainty.UNKNOWN);
    begin(7);
    assertThat(unapplied.lagCertainty())
        .as("nobody knows how old the first of seven is")
        .isEqualTo(Certainty.UNKNOWN);
    assertThat(unapplied.pendingCertainty()).isEqualTo(Certainty.KNOWN);
    deliver(6, change(1, 0));
    assertThat(unapplied.lagCertainty()).isEqualTo(Certainty.KNOWN);
  }

  @Test
  void isABoundWhileNothingCanBeRead() {
    begin(0);
    assertThat(unapplied.lagCertainty()).isEqualTo(Certainty.KNOWN);
    unapplied.interrupted("the broker is away", null);
    assertThat(unapplied.lagCertainty()).as("at most the outage").isEqualTo(Certainty.BOUND);
    assertThat(unapplied.knownLag()).isEmpty();
    assertThat(unapplied.pendingCertainty())
        .as("at least none tells nothing")
        .isEqualTo(Certainty.UNKNOWN);
    unapplied.began(0);
    assertThat(unapplied.knownLag()).hasValue(Duration.ZERO);
    assertThat(unapplied.pendingCertainty()).isEqualTo(Certainty.KNOWN);
  }

  @Test
  void theAgeOfAChangeThatIsHeldStaysKnownWhileNothingIsRead() {
    begin(2);
    deliver(1, change(1, 0));
    unapplied.stopped();
    pass(60);
    assertThat(unapplied.knownLag()).hasValue(seconds(60));
    assertThat(unapplied.pendingCertainty()).as("more may have come").isEqualTo(Certainty.BOUND);
    assertThat(unapplied.pendingMessages()).isEqualTo(2);
  }

  @Test
  void anInterruptionForgetsNothingThatIsOnItsWay() {
    begin(1);
    deliver(0, change(1, 0));
    unapplied.interrupted("the broker is away", null);
    unapplied.began(0);
    pass(9);
    assertThat(unapplied.lag()).isEqualTo(seconds(9));
    commit(1, 1, 0);
    assertThat(unapplied.lag()).isZero();
  }

  @Test
  void countsAMessageThatIsDeliveredButCannotBeDecodedYet() {
    begin(1);
    unapplied.delivered(new Delivery(List.of(new Packet(4, new byte[9])), 0, 4));
    pass(9);
    assertThat(unapplied.lag()).isEqualTo(seconds(9));
  }

  @Test
  void partsOfATransactionCountUntilItIsCommitted() {
    begin(2);
    deliver(0, change(1, 0), change(2, 0));
    unapplied.written(1);
    pass(4);
    assertThat(unapplied.pendingMessages()).isEqualTo(2);
    assertThat(unapplied.lag()).isEqualTo(seconds(4));
    commit(2, 1, 0);
    assertThat(unapplied.pendingMessages()).isZero();
  }

  @Test
  void aSourceClockThatIsAheadIsNoLagBelowZero() {
    begin(1);
    deliver(0, change(1, 500));
    assertThat(unapplied.lag()).isZero();
  }

  private void begin(long pending) {
    unapplied.starts();
    unapplied.began(pending);
  }

  private void deliver(long pending, Change... changes) {
    long last = changes[changes.length - 1].sequence();
    List<Packet> packets =
        IntStream.range(0, changes.length)
            .mapToObj(i -> new Packet(changes[i].sequence(), changes[i].data()))
            .toList();
    unapplied.delivered(new Delivery(packets, pending, last));
    unapplied.decoded(new DecodedChunk(List.of(changes), pending, last));
  }

  private void commit(long sequence, int changes, long at) {
    unapplied.written(changes);
    unapplied.committed(new Position(STREAM, sequence, 0, START.plusSeconds(at)));
  }

  private static Change change(long sequence, long committedAt) {
    long micros = START.plusSeconds(committedAt).getEpochSecond() * 1_000_000;
    return new Change(
        SCHEMA,
        Operation.INSERT,
        new byte[9],
        -1,
        -1,
        9,
        sequence,
        sequence,
        micros,
        sequence - 1,
        sequence,
        micros);
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  private void pass(long seconds) {
    now = now.plusSeconds(seconds);
  }
}
