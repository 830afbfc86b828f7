package dev.creek.consumer.stream.batch;

import static dev.creek.consumer.stream.batch.Histories.STREAM;
import static dev.creek.consumer.stream.batch.Histories.change;
import static dev.creek.consumer.stream.batch.Histories.chunk;
import static dev.creek.consumer.stream.batch.Histories.schema;
import static dev.creek.consumer.stream.batch.Histories.sequences;
import static dev.creek.consumer.stream.batch.Histories.sequencesOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class TransactionBatcherTest {
  private static final Duration LINGER = Duration.ofMillis(5);
  private static final Duration GATHER = Duration.ofNanos(TransactionBatcher.GATHER_NANOS);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Sinks.Many<DecodedChunk> source = Sinks.many().unicast().onBackpressureBuffer();
  private long asked;
  private final Taken taken = new Taken();

  @AfterEach
  void stop() {
    taken.cancel();
    time.dispose();
  }

  @Test
  void holdsTheLastTransactionBackUntilAnotherFollows() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 7), change(3, 8)));

    assertThat(taken.batches).hasSize(1);
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
    assertThat(taken.batches.get(0).endsTransaction()).isTrue();
    assertThat(taken.batches.get(0).position().sequence()).isEqualTo(2);
  }

  @Test
  void aMessageOfAnotherTransactionBehindTheLastChangeEndsIt() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(new DecodedChunk(List.of(change(1, 7), change(2, 7)), 1000, 5, true));

    assertThat(taken.batches).hasSize(1);
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
    assertThat(taken.batches.get(0).endsTransaction()).isTrue();
    assertThat(taken.batches.get(0).position().sequence()).isEqualTo(5);
  }

  @Test
  void soItDoesIfItComesLater() {
    subscribe(new BatchLimits(2, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 7), change(3, 7)));
    next(new DecodedChunk(List.of(), 1000, 5, false));
    assertThat(taken.batches).extracting(Histories::sequences).containsExactly(sequencesOf(1, 2));

    next(new DecodedChunk(List.of(), 1000, 6, true));
    assertThat(taken.batches).extracting(Histories::sequences).contains(sequencesOf(3));
    assertThat(taken.batches.get(1).endsTransaction()).isTrue();
  }

  @Test
  void behindASmallBatchWaitsForWhatIsOnItsWayButNotForLong() {
    subscribe(new BatchLimits(5, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 8)));
    assertThat(taken.batches).hasSize(1);

    next(chunk(false, change(3, 9)));
    next(chunk(false, change(4, 10)));
    assertThat(taken.batches).hasSize(1);
    next(chunk(false, change(5, 11), change(6, 12), change(7, 13)));
    assertThat(sequences(taken.batches.get(1))).isEqualTo(sequencesOf(2, 3, 4, 5, 6));

    next(chunk(false, change(8, 14)));
    time.advanceTimeBy(GATHER.minusNanos(1));
    assertThat(taken.batches).hasSize(2);
    time.advanceTimeBy(Duration.ofNanos(1));
    assertThat(sequences(taken.batches.get(2))).isEqualTo(sequencesOf(7));
  }

  @Test
  void aSmallBatchWaitsForNothingThatWouldNotFillIt() {
    subscribe(new BatchLimits(5, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 8)));
    next(new DecodedChunk(List.of(change(3, 9)), 2, 3));

    assertThat(sequences(taken.batches.get(1))).isEqualTo(sequencesOf(2));
  }

  @Test
  void aSmallBatchWaitsForNothingOnceCaughtUp() {
    subscribe(new BatchLimits(5, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 8)));
    next(chunk(true, change(3, 9)));

    assertThat(sequences(taken.batches.get(1))).isEqualTo(sequencesOf(2));
  }

  @Test
  void takesTheLastTransactionAsCompleteAfterASilentLinger() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(true, change(1, 7), change(2, 7)));
    time.advanceTimeBy(LINGER.minusMillis(1));
    assertThat(taken.batches).isEmpty();

    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(taken.batches).hasSize(1);
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
  }

  @Test
  void lingersAnewWhenTheTransactionGoesOn() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(true, change(1, 7)));
    time.advanceTimeBy(LINGER.minusMillis(1));
    next(chunk(true, change(2, 7)));
    time.advanceTimeBy(LINGER.minusMillis(1));
    assertThat(taken.batches).isEmpty();

    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
  }

  @Test
  void doesNotLingerWhileMoreIsPending() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7)));
    time.advanceTimeBy(LINGER.multipliedBy(100));

    assertThat(taken.batches).isEmpty();
  }

  @Test
  void showsPartsAtOnceWithoutLinger() {
    subscribe(new BatchLimits(100, 10_000), Duration.ZERO);
    taken.request(10);
    next(chunk(true, change(1, 7)));

    assertThat(taken.batches).hasSize(1);
  }

  @Test
  void gathersWholeTransactionsWhileNothingIsAskedFor() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    next(chunk(false, change(1, 7), change(2, 8)));
    next(chunk(false, change(3, 8), change(4, 9)));
    taken.request(1);
    time.advanceTime();

    assertThat(taken.batches).hasSize(1);
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2, 3));
  }

  @Test
  void gathersLessWhereOtherTablesHoldWhatTheyMayHoldTogether() {
    ByteShares shares = new ByteShares(160, 20, 140);
    ByteShares.Share other = shares.share();
    other.reserve(0, true);
    subscribe(new BatchLimits(100, 160), LINGER, OverlapWindow.NONE, shares);
    next(chunk(false, change(1, 1), change(2, 2), change(3, 3)));
    next(chunk(false, change(4, 4), change(5, 5), change(6, 6)));
    assertThat(asked).isEqualTo(1);
    taken.request(1);
    time.advanceTime();
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));

    other.close();
    taken.request(1);
    gather();
    assertThat(sequences(taken.batches.get(1))).isEqualTo(sequencesOf(3, 4, 5));
  }

  /** A batch that more could follow into is cut. */
  private void gather() {
    time.advanceTimeBy(GATHER);
  }

  @Test
  void givesItsShareBackWhenItIsCancelled() {
    ByteShares shares = new ByteShares(160, 20, 160);
    subscribe(new BatchLimits(100, 160), LINGER, OverlapWindow.NONE, shares);
    next(chunk(false, change(1, 1), change(2, 2), change(3, 3), change(4, 4)));
    assertThat(shares.reserved()).isPositive();
    taken.cancel();
    assertThat(shares.reserved()).isZero();
  }

  @Test
  void takesWhatASnapshotMayHoldAlreadyAsOneTransaction() {
    Change second = change(2, 8);
    subscribe(
        new BatchLimits(100, 10_000), LINGER, new OverlapWindow(second.committedAtMicros(), 3));
    taken.request(10);
    next(chunk(false, change(1, 7)));
    next(chunk(false, second));
    assertThat(taken.batches).isEmpty();
    next(chunk(false, change(3, 9)));

    assertThat(taken.batches).hasSize(1);
    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
    assertThat(taken.batches.get(0).endsTransaction()).isTrue();
  }

  @Test
  void takesNothingForRepeatedThatCameAfterTheLineBegan() {
    subscribe(new BatchLimits(100, 10_000), LINGER, new OverlapWindow(Long.MAX_VALUE, 1));
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 8), change(3, 9)));

    assertThat(sequences(taken.batches.get(0))).isEqualTo(sequencesOf(1, 2));
    assertThat(taken.batches).hasSize(1);
  }

  @Test
  void neverSplitsATransactionThatFits() {
    subscribe(new BatchLimits(3, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 7), change(3, 8), change(4, 8), change(5, 9)));

    assertThat(taken.batches)
        .extracting(Histories::sequences)
        .containsExactly(sequencesOf(1, 2), sequencesOf(3, 4));
    assertThat(taken.batches).allMatch(Batch::endsTransaction);
  }

  @Test
  void handsALargeTransactionOnInPartsAndClosesIt() {
    subscribe(new BatchLimits(2, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 7), change(3, 7)));
    next(chunk(false, change(4, 7), change(5, 8)));

    assertThat(taken.batches)
        .extracting(Histories::sequences)
        .containsExactly(sequencesOf(1, 2), sequencesOf(3, 4));
    assertThat(taken.batches).extracting(Batch::endsTransaction).containsExactly(false, true);

    next(chunk(true));
    time.advanceTimeBy(LINGER);
    assertThat(sequences(taken.batches.get(2))).isEqualTo(sequencesOf(5));
  }

  @Test
  void closesAnOpenTransactionAtItsLastChange() {
    subscribe(new BatchLimits(2, 10_000), LINGER);
    taken.request(10);
    next(chunk(true, change(1, 7), change(2, 7)));
    assertThat(taken.batches).hasSize(1);
    assertThat(taken.batches.get(0).endsTransaction()).isFalse();

    time.advanceTimeBy(LINGER);
    assertThat(taken.batches).hasSize(2);
    assertThat(taken.batches.get(1).changes()).isEmpty();
    assertThat(taken.batches.get(1).endsTransaction()).isTrue();
  }

  @Test
  void endsABatchWhereTheSchemaChanges() {
    WalSchema other = schema(2);
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 8, other, 10), change(3, 9, other, 10)));
    gather();

    assertThat(taken.batches)
        .extracting(Histories::sequences)
        .containsExactly(sequencesOf(1), sequencesOf(2));
  }

  @Test
  void keepsATransactionOpenAcrossASchemaChange() {
    WalSchema other = schema(2);
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(chunk(false, change(1, 7), change(2, 7, other, 10), change(3, 8, other, 10)));

    assertThat(taken.batches)
        .extracting(Histories::sequences)
        .containsExactly(sequencesOf(1), sequencesOf(2));
    assertThat(taken.batches).extracting(Batch::endsTransaction).containsExactly(false, true);
  }

  @Test
  void countsBytesToo() {
    subscribe(new BatchLimits(100, 100), LINGER);
    taken.request(10);
    next(
        chunk(
            false,
            change(1, 7, Histories.SCHEMA, 500),
            change(2, 8, Histories.SCHEMA, 60),
            change(3, 9, Histories.SCHEMA, 60),
            change(4, 10)));
    gather();

    assertThat(taken.batches)
        .extracting(Histories::sequences)
        .containsExactly(sequencesOf(1), sequencesOf(2), sequencesOf(3));
  }

  @Test
  void stopsAskingWhileABatchWaits() {
    subscribe(new BatchLimits(2, 10_000), LINGER);
    assertThat(asked).isEqualTo(1);
    next(chunk(false, change(1, 7), change(2, 8), change(3, 9)));
    assertThat(asked).as("a batch waits, so nothing more is wanted").isEqualTo(1);

    taken.request(1);
    time.advanceTime();
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void handsCompleteTransactionsOnBeforeAnErrorAndDropsTheTorso() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    next(chunk(false, change(1, 7), change(2, 8)));
    source.tryEmitError(new IllegalStateException("broken"));
    taken.request(10);
    time.advanceTimeBy(LINGER.multipliedBy(10));

    assertThat(taken.batches).extracting(Histories::sequences).containsExactly(sequencesOf(1));
    assertThat(taken.failure).hasMessage("broken");
  }

  @Test
  void movesThePositionOfAnIdleTable() {
    subscribe(new BatchLimits(100, 10_000), LINGER);
    taken.request(10);
    next(new DecodedChunk(List.of(), 0, 4711));

    assertThat(taken.batches).hasSize(1);
    assertThat(taken.batches.get(0).changes()).isEmpty();
    assertThat(taken.batches.get(0).position().sequence()).isEqualTo(4711);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void losesNothingRepeatsNothingAndSplitsOnlyWhatDoesNotFit(long seed) {
    Random random = new Random(seed);
    BatchLimits limits = new BatchLimits(1 + random.nextInt(8), 20 + random.nextInt(200));
    subscribe(limits, LINGER);
    List<Change> all = new ArrayList<>();
    long transaction = 1;
    for (int chunk = 0; chunk < 200; chunk++) {
      List<Change> changes = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        if (random.nextInt(3) == 0) {
          transaction++;
        }
        changes.add(change(all.size() + 1L, transaction, Histories.SCHEMA, 1 + random.nextInt(40)));
        all.add(changes.get(changes.size() - 1));
      }
      next(new DecodedChunk(changes, random.nextInt(4), all.size()));
      if (random.nextBoolean()) {
        taken.request(random.nextInt(3));
      }
      time.advanceTimeBy(Duration.ofMillis(random.nextInt(8)));
    }
    taken.request(Long.MAX_VALUE);
    next(new DecodedChunk(List.of(), 0, all.size()));
    time.advanceTimeBy(LINGER);

    String context = "seed " + seed;
    assertThat(taken.batches.stream().flatMap(b -> sequences(b).stream()).toList())
        .as(context)
        .isEqualTo(all.stream().map(Change::sequence).toList());
    assertThat(taken.batches.get(taken.batches.size() - 1).endsTransaction()).as(context).isTrue();
    boolean open = false;
    for (Batch batch : taken.batches) {
      assertThat(batch.changes().size()).as(context).isLessThanOrEqualTo(limits.rows());
      if (!batch.endsTransaction()) {
        assertThat(batch.changes().stream().map(Change::transactionId).distinct().count())
            .as(context + ": a part is of one transaction")
            .isEqualTo(1);
      }
      if (!open && batch.endsTransaction()) {
        assertThat(batch.changes()).as(context).isNotNull();
      }
      open = !batch.endsTransaction();
    }
    long last = 0;
    for (Batch batch : taken.batches) {
      assertThat(batch.position().sequence())
          .as(context + ": positions only move forward")
          .isGreaterThanOrEqualTo(last);
      last = batch.position().sequence();
    }
  }

  @Test
  void handsNothingOnBeforeOnSubscribeHasReturned() {
    next(chunk(true, change(1, 7)));
    taken.onSubscribe =
        () -> {
          taken.request(10);
          time.advanceTimeBy(LINGER);
          assertThat(taken.batches).isEmpty();
        };
    subscribe(new BatchLimits(100, 10_000), LINGER);
    time.advanceTimeBy(LINGER);

    assertThat(taken.failure).isNull();
    assertThat(taken.batches).hasSize(1);
  }

  @Test
  void anExceptionOnItsWorkerEndsItWithAnError() {
    ByteShares shares = ByteShares.of(160);
    subscribe(new BatchLimits(100, 160), LINGER, OverlapWindow.NONE, shares);
    taken.request(10);
    next(new DecodedChunk(null, 0, 0));

    assertThat(taken.failure).isInstanceOf(NullPointerException.class);
    assertThat(shares.reserved()).isZero();
    assertThat(source.currentSubscriberCount()).isZero();
  }

  @Test
  void aSchedulerThatTakesNothingIsAnErrorSignal() {
    time.dispose();
    subscribe(new BatchLimits(100, 10_000), LINGER);

    assertThat(taken.failure).hasMessageContaining("shutdown");
  }

  private void subscribe(BatchLimits limits, Duration linger) {
    subscribe(limits, linger, OverlapWindow.NONE);
  }

  private void subscribe(BatchLimits limits, Duration linger, OverlapWindow repeats) {
    subscribe(limits, linger, repeats, ByteShares.of(limits.bytes()));
  }

  private void subscribe(
      BatchLimits limits, Duration linger, OverlapWindow repeats, ByteShares shares) {
    new TransactionBatcher(
            source.asFlux().doOnRequest(n -> asked += n),
            STREAM,
            Position.NONE,
            limits,
            Linger.ofTable(linger),
            time,
            repeats,
            shares)
        .subscribe(taken);
    time.advanceTime();
  }

  private void next(DecodedChunk chunk) {
    source.emitNext(chunk, Sinks.EmitFailureHandler.FAIL_FAST);
    time.advanceTime();
  }

  /** Takes only what a test asks for. */
  private static final class Taken extends BaseSubscriber<Batch> {
    final List<Batch> batches = new ArrayList<>();
    Throwable failure;

    /** Demand is the test's. */
    Runnable onSubscribe = () -> {};

    @Override
    protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
      onSubscribe.run();
    }

    @Override
    protected void hookOnNext(Batch batch) {
      batches.add(batch);
    }

    @Override
    protected void hookOnError(Throwable t) {
      failure = t;
    }
  }
}
