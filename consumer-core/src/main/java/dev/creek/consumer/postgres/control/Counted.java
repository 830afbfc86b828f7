package dev.creek.consumer.postgres.control;

import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A shared connection that ends when its last subscriber has gone, however quickly that is.
 *
 * <p>Reactor's {@code refCount} (3.8.6) counts a subscriber forever if another thread cancels it in
 * the instant in which it has been subscribed: it tries once to record the cancellation, and the
 * end of subscribing may come between. The connection then stays open. Here a cancellation that
 * comes while subscribing waits until that is over; nothing is emitted after it.
 */
final class Counted<T> extends FluxOperator<T, T> {
  /**
   * @param shared made by {@code refCount}
   */
  Counted(Flux<T> shared) {
    super(shared);
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> receiver) {
    var counted = new Subscriber<T>(receiver);
    source.subscribe(counted);
    counted.subscribed();
  }

  private enum Stage {
    SUBSCRIBING,
    SUBSCRIBED,
    CANCELLED
  }

  private static final class Subscriber<T> implements CoreSubscriber<T>, Subscription {
    private final CoreSubscriber<? super T> receiver;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.SUBSCRIBING);
    private volatile Subscription upstream = Operators.emptySubscription();

    Subscriber(CoreSubscriber<? super T> receiver) {
      this.receiver = receiver;
    }

    void subscribed() {
      if (!stage.compareAndSet(Stage.SUBSCRIBING, Stage.SUBSCRIBED)) {
        upstream.cancel();
      }
    }

    @Override
    public Context currentContext() {
      return receiver.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      upstream = subscription;
      receiver.onSubscribe(this);
    }

    @Override
    public void onNext(T value) {
      if (stage.get() != Stage.CANCELLED) {
        receiver.onNext(value);
      }
    }

    @Override
    public void onError(Throwable error) {
      if (stage.get() != Stage.CANCELLED) {
        receiver.onError(error);
      }
    }

    @Override
    public void onComplete() {
      if (stage.get() != Stage.CANCELLED) {
        receiver.onComplete();
      }
    }

    @Override
    public void request(long n) {
      upstream.request(n);
    }

    @Override
    public void cancel() {
      if (stage.getAndSet(Stage.CANCELLED) == Stage.SUBSCRIBED) {
        upstream.cancel();
      }
    }
  }
}
