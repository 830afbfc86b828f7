package dev.creek.consumer;

import dev.creek.consumer.api.TableEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;

/**
 * Emits a run's events to its subscriber on a separate thread, where the subscriber may take its
 * time, or block. Threads that report never wait, not even for the lock of an executor's queue, so
 * there is none. Events that it cannot take wait in {@link WaitingEvents}. The thread is a daemon,
 * begins with the first event, and ends with the run.
 */
final class EventRelay implements Consumer<TableEvent> {
  /** Some hundred kilobytes, and enough for a program that is busy for a moment. */
  private static final int KEPT = 1024;

  private final WaitingEvents waiting = new WaitingEvents(KEPT);
  private final AtomicInteger reasonsToLook = new AtomicInteger();
  private final Thread thread = new Thread(this::work, "creek-events");
  private final AtomicBoolean begun = new AtomicBoolean();
  private final Sinks.Empty<Void> described = Sinks.empty();
  private volatile @Nullable FluxSink<TableEvent> subscriber;
  private volatile @Nullable Signal<Void> ending;
  private volatile boolean disposed;

  /** The events, then the end; to be subscribed to once. */
  Flux<TableEvent> events() {
    return Flux.create(
        sink -> {
          subscriber = sink;
          // The thread may have begun without a subscriber, and then looks only if it is woken.
          LockSupport.unpark(thread);
          sink.onDispose(this::dispose);
          sink.onRequest(n -> look());
        },
        FluxSink.OverflowStrategy.ERROR);
  }

  @Override
  public void accept(TableEvent event) {
    waiting.add(event);
    look();
  }

  /** The run has ended: the subscriber is notified after the last event. */
  void end(Signal<Void> how) {
    ending = how;
    look();
  }

  /** Nobody listens any more. A subscriber that is at work is not interrupted. */
  private void dispose() {
    disposed = true;
    LockSupport.unpark(thread);
    described.tryEmitEmpty();
  }

  /** Completes when the subscriber has heard how the run ended, or listens no more. */
  Mono<Void> described() {
    return described.asMono();
  }

  private void look() {
    if (reasonsToLook.getAndIncrement() > 0) {
      return;
    }
    if (begun.compareAndSet(false, true)) {
      thread.start();
    } else {
      LockSupport.unpark(thread);
    }
  }

  /** Runs on a thread that is not Reactor's: the subscriber may block. */
  private void work() {
    while (!disposed) {
      FluxSink<TableEvent> listening = subscriber;
      if (listening == null || reasonsToLook.get() == 0) {
        LockSupport.park(this);
      } else {
        hand(listening);
      }
    }
  }

  private void hand(FluxSink<TableEvent> subscriber) {
    int seen = reasonsToLook.get();
    do {
      try {
        handWhatIsAskedFor(subscriber);
      } catch (VirtualMachineError e) {
        throw e;
      } catch (Throwable e) {
        // Thrown by the subscriber's own code: it can only be notified.
        subscriber.error(e);
      }
      seen = reasonsToLook.addAndGet(-seen);
    } while (seen != 0);
  }

  private void handWhatIsAskedFor(FluxSink<TableEvent> subscriber) {
    Signal<Void> end = ending;
    while (subscriber.requestedFromDownstream() > 0) {
      TableEvent event = waiting.poll();
      if (event == null) {
        break;
      }
      subscriber.next(event);
    }
    if (end != null && waiting.isEmpty()) {
      finish(subscriber, end);
    }
  }

  private void finish(FluxSink<TableEvent> subscriber, Signal<Void> how) {
    Throwable error = how.getThrowable();
    if (error == null) {
      subscriber.complete();
    } else {
      subscriber.error(error);
    }
    described.tryEmitEmpty();
  }
}
