package dev.creek.consumer.postgres.session;

import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A value that belongs to its receiver as soon as it is handed over: from then on the source is not
 * notified of a cancellation.
 *
 * <p>r2dbc-pool takes a connection back when the subscription that delivered it is cancelled, even
 * long after the connection was emitted, and operators such as {@code flatMap} cancel their source.
 * Then two users would share one connection, and the second would write in a transaction that the
 * first has left open.
 */
final class NonCancellableHandover<T> extends MonoOperator<T, T> {
  NonCancellableHandover(Mono<T> source) {
    super(source);
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> receiver) {
    source.subscribe(new HandOver<>(receiver));
  }

  private static final class HandOver<T> implements CoreSubscriber<T>, Subscription {
    private final CoreSubscriber<? super T> receiver;

    /** Set once: by the value, or by the cancellation. */
    private final AtomicBoolean decided = new AtomicBoolean();

    private volatile Subscription upstream = Operators.emptySubscription();

    HandOver(CoreSubscriber<? super T> receiver) {
      this.receiver = receiver;
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

    /** After a cancellation the value stays with the source, which takes it back. */
    @Override
    public void onNext(T value) {
      if (decided.compareAndSet(false, true)) {
        receiver.onNext(value);
      }
    }

    @Override
    public void onError(Throwable error) {
      receiver.onError(error);
    }

    @Override
    public void onComplete() {
      receiver.onComplete();
    }

    @Override
    public void request(long n) {
      upstream.request(n);
    }

    @Override
    public void cancel() {
      if (decided.compareAndSet(false, true)) {
        upstream.cancel();
      }
    }
  }
}
