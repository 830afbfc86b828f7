package dev.creek.consumer.postgres.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

final class CountedTest {
  private static final int ROUNDS = 20_000;

  /** Says when it is cancelled, and hands something on behind that. */
  private static final class Source extends Flux<String> {
    private final List<String> happened = new ArrayList<>();

    @Override
    public void subscribe(CoreSubscriber<? super String> subscriber) {
      subscriber.onSubscribe(
          new Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {
              happened.add("cancelled");
            }
          });
      subscriber.onNext("value");
      happened.add("subscribed");
    }
  }

  private static BaseSubscriber<String> receiver(List<String> received, boolean cancels) {
    return new BaseSubscriber<>() {
      @Override
      protected void hookOnSubscribe(Subscription subscription) {
        if (cancels) {
          cancel();
        }
      }

      @Override
      protected void hookOnNext(String value) {
        received.add(value);
      }
    };
  }

  @Test
  void aCancellationWhileSubscribingWaitsForItsEnd() {
    var source = new Source();
    List<String> received = new ArrayList<>();
    new Counted<>(source).subscribe(receiver(received, true));
    assertThat(source.happened).containsExactly("subscribed", "cancelled");
    assertThat(received).isEmpty();
  }

  @Test
  void oneOfLaterIsHandedOnAtOnce() {
    var source = new Source();
    List<String> received = new ArrayList<>();
    var receiver = receiver(received, false);
    new Counted<>(source).subscribe(receiver);
    receiver.cancel();
    assertThat(source.happened).containsExactly("subscribed", "cancelled");
    assertThat(received).containsExactly("value");
  }

  /** Each waits for a value that comes just then, beside one that stays. */
  @Test
  void everySubscriberIsCountedOnceHoweverQuicklyItGoes() throws Exception {
    var open = new AtomicInteger();
    var newest = new AtomicInteger();
    var ended = new AtomicBoolean();
    Sinks.Many<Integer> values = Sinks.many().multicast().directBestEffort();
    Flux<Integer> shared =
        new Counted<>(
            values
                .asFlux()
                .doOnSubscribe(s -> open.incrementAndGet())
                .doFinally(s -> open.decrementAndGet())
                .replay(1)
                .refCount());
    Disposable staying = shared.subscribe();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      Future<?> emitting =
          other.submit(
              () -> {
                while (!ended.get()) {
                  values.tryEmitNext(newest.incrementAndGet());
                }
              });
      for (int round = 0; round < ROUNDS; round++) {
        int seen = newest.get();
        shared.filter(value -> value > seen).next().block();
      }
      ended.set(true);
      emitting.get();
      staying.dispose();
      assertThat(open).hasValue(0);
    } finally {
      ended.set(true);
      other.shutdownNow();
    }
  }
}
