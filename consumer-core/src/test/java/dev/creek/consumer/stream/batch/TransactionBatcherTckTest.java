package dev.creek.consumer.stream.batch;

import static dev.creek.consumer.stream.batch.Histories.STREAM;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.wire.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The batcher under the Reactive Streams TCK, on both of its sides. Each rule is verified past the
 * guard that {@code Flux.subscribe} puts around subscribers that are not Reactor's: the next
 * operator in a pipeline has no such guard either.
 *
 * <p>All optional rules are verified too; that all subscribers see the same elements holds because
 * each reads the source for itself.
 */
class TransactionBatcherTckTest {
  /** How long nothing must come where nothing may; what must come is waited for with patience. */
  private static final long SILENCE_MILLIS = 100;

  /** The kit lets the garbage collector have this long, always. */
  private static final long COLLECTED_MILLIS = 1000;

  /** Its threads may wait, as the kit's subscribers do when they hand a signal over. */
  private final Scheduler scheduler = Schedulers.newBoundedElastic(4, 1000, "tck");

  @AfterEach
  void stop() {
    scheduler.dispose();
  }

  @TestFactory
  Stream<DynamicTest> publishesByTheRulesWhereABatchIsOneChange() {
    return TckRules.of(() -> new Publishing(1, 1), Publishing::setUp);
  }

  /** Batches are whole transactions of two changes, which arrive five at a time. */
  @TestFactory
  Stream<DynamicTest> publishesByTheRulesWhereChunksAreCutIntoTransactions() {
    return TckRules.of(() -> new Publishing(2, 5), Publishing::setUp);
  }

  @TestFactory
  Stream<DynamicTest> subscribesByTheRules() {
    return TckRules.of(
        Subscribing::new,
        verification -> {
          verification.startPublisherExecutorService();
          verification.setUp();
        });
  }

  private TransactionBatcher batcher(Flux<DecodedChunk> chunks, int rows) {
    return new TransactionBatcher(
        chunks,
        STREAM,
        Position.NONE,
        new BatchLimits(rows, 10_000),
        Linger.ofTable(Duration.ZERO),
        scheduler,
        OverlapWindow.NONE,
        ByteShares.of(10_000));
  }

  private static TestEnvironment environment() {
    return new TestEnvironment(Patience.LIMIT.toMillis(), SILENCE_MILLIS, SILENCE_MILLIS) {
      /** One rule waits for as long as a signal may take, for an error that must not come. */
      @Override
      public void verifyNoAsyncErrors(long delay) {
        super.verifyNoAsyncErrors(Math.min(delay, SILENCE_MILLIS));
      }
    };
  }

  private final class Publishing extends PublisherVerification<Batch> {
    private final int changes;
    private final int transactions;

    /** The same for all subscribers, as a batch is equal only to one of the same bytes. */
    private final Map<Long, Change> history = new ConcurrentHashMap<>();

    /**
     * @param changes a transaction
     * @param transactions a chunk
     */
    Publishing(int changes, int transactions) {
      super(environment(), COLLECTED_MILLIS);
      this.changes = changes;
      this.transactions = transactions;
    }

    @Override
    public Publisher<Batch> createPublisher(long batches) {
      // One row more than a transaction: it fits, and two do not.
      return unguarded(batcher(chunks(batches), changes == 1 ? 1 : changes + 1));
    }

    @Override
    public Publisher<Batch> createFailedPublisher() {
      return unguarded(batcher(Flux.error(new IllegalStateException("broken")), 1));
    }

    private Flux<DecodedChunk> chunks(long batches) {
      return Flux.generate(
          () -> 0L,
          (done, sink) -> {
            if (done == batches) {
              sink.complete();
              return done;
            }
            long next = Math.min(batches, done + transactions);
            boolean caughtUp = transactions == 1 || next == batches;
            sink.next(chunk(done, next, caughtUp));
            return next;
          });
    }

    private DecodedChunk chunk(long done, long next, boolean caughtUp) {
      List<Change> all = new ArrayList<>();
      for (long transaction = done + 1; transaction <= next; transaction++) {
        for (int i = 1; i <= changes; i++) {
          all.add(change(transaction, i));
        }
      }
      return new DecodedChunk(all, caughtUp ? 0 : 1, next * changes);
    }

    private Change change(long transaction, int number) {
      return history.computeIfAbsent(
          (transaction - 1) * changes + number,
          sequence -> Histories.change(sequence, transaction));
    }

    private Publisher<Batch> unguarded(TransactionBatcher batcher) {
      return subscriber -> batcher.subscribe(subscriber == null ? null : new Bare(subscriber));
    }
  }

  private final class Subscribing extends SubscriberBlackboxVerification<DecodedChunk> {
    Subscribing() {
      super(environment());
    }

    /** What the batcher subscribes to its source. */
    @Override
    public Subscriber<DecodedChunk> createSubscriber() {
      var subscribed = new AtomicReference<Subscriber<? super DecodedChunk>>();
      Flux<DecodedChunk> source =
          new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super DecodedChunk> actual) {
              subscribed.set(actual);
            }
          };
      batcher(source, 10).subscribe(new Bystander());
      @SuppressWarnings("unchecked") // It takes chunks, and nothing else.
      var subscriber = (Subscriber<DecodedChunk>) subscribed.get();
      return subscriber;
    }

    @Override
    public DecodedChunk createElement(int element) {
      return new DecodedChunk(
          List.of(Histories.change(element + 1L, element + 1L)), 0, element + 1L);
    }
  }

  /** Asks for everything, and minds nothing. */
  private static final class Bystander extends BaseSubscriber<Batch> {
    @Override
    protected void hookOnError(Throwable t) {
      // The kit breaks the source.
    }
  }

  /** Hands all signals on, and guards nothing. */
  private record Bare(Subscriber<? super Batch> subscriber) implements CoreSubscriber<Batch> {
    @Override
    public void onSubscribe(Subscription subscription) {
      subscriber.onSubscribe(subscription);
    }

    @Override
    public void onNext(Batch batch) {
      subscriber.onNext(batch);
    }

    @Override
    public void onError(Throwable t) {
      subscriber.onError(t);
    }

    @Override
    public void onComplete() {
      subscriber.onComplete();
    }
  }
}
