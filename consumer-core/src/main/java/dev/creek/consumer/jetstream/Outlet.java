package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.stream.Delivery;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;

/**
 * Emits deliveries from a {@link PullWindow} on demand, on the options' scheduler, one thread at a
 * time. Any thread may report that there is something to do.
 */
final class Outlet {
  private final BrokerOptions options;
  private final PullWindow window;
  private final FluxSink<Delivery> sink;
  private final Runnable afterEach;
  private final AtomicInteger rounds = new AtomicInteger();
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

  /**
   * An outlet.
   *
   * @param afterEach runs after each delivery, quickly: there is room in the window
   */
  Outlet(BrokerOptions options, PullWindow window, FluxSink<Delivery> sink, Runnable afterEach) {
    this.options = options;
    this.window = window;
    this.sink = sink;
    this.afterEach = afterEach;
  }

  /** Something came. Without demand nothing is scheduled: the next demand finds it. */
  void filled() {
    if (sink.requestedFromDownstream() > 0) {
      demanded();
    }
  }

  /** There is demand, or there may be. */
  void demanded() {
    if (rounds.getAndIncrement() == 0) {
      options.scheduler().schedule(this::run);
    }
  }

  /** Ends with this error, ahead of waiting deliveries; only the first counts. */
  void fail(Throwable e) {
    var error =
        e instanceof BrokerException.Gap || e instanceof ReadInterrupted
            ? (RuntimeException) e
            : ReadInterrupted.by(e);
    if (failure.compareAndSet(null, error)) {
      demanded();
    }
  }

  private void run() {
    int seen = rounds.get();
    do {
      emit();
      seen = rounds.addAndGet(-seen);
    } while (seen != 0);
  }

  private void emit() {
    while (failure.get() == null && !sink.isCancelled() && sink.requestedFromDownstream() > 0) {
      Delivery delivery = window.take(options.deliveryPackets(), options.deliveryBytes());
      if (delivery == null) {
        return;
      }
      sink.next(delivery);
      afterEach.run();
    }
    RuntimeException error = failure.get();
    if (error != null) {
      sink.error(error);
    }
  }
}
