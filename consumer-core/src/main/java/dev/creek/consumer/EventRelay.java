package dev.creek.consumer;

import dev.creek.consumer.api.TableEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Hands a run's events to its subscriber on a thread of its own, where that may take its time, or
 * block: those who report never wait, not even for the lock of an executor's queue, which is why
 * there is none. What it cannot take waits in {@link WaitingEvents}. The thread is a daemon, begins
 * with the first event, and ends with the run.
 */
final class EventRelay implements Consumer<TableEvent> {
  /** Some hundred kilobytes, and more than one glance of a person's program misses. */
  private static final int KEPT = 1024;

  private final FluxSink<TableEvent> subscriber;
  private final WaitingEvents waiting = new WaitingEvents(KEPT);
  private final AtomicInteger reasonsToLook = new AtomicInteger();
  private final Thread thread = new Thread(this::work, "creek-events");
  private final AtomicBoolean begun = new AtomicBoolean();
  private final Sinks.Empty<Void> described = Sinks.empty();
  private volatile @Nullable Ending ending;
  private volatile boolean disposed;

  /**
   * How the run ended.
   *
   * @param error null where it completed
   */
  private record Ending(@Nullable Throwable error) {}

  EventRelay(FluxSink<TableEvent> subscriber) {
    this.subscriber = subscriber;
    thread.setDaemon(true);
    subscriber.onRequest(n -> look());
  }

  @Override
  public void accept(TableEvent event) {
    waiting.add(event);
    look();
  }

  /** The subscriber hears of it behind the last event. */
  void completed() {
    end(new Ending(null));
  }

  /** The subscriber hears of it behind the last event. */
  void failed(Throwable error) {
    end(new Ending(error));
  }

  private void end(Ending how) {
    ending = how;
    look();
  }

  /** Nobody listens any more. A subscriber that is at work is not interrupted. */
  void dispose() {
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

  /** On a thread that is none of Reactor's: whoever is called on it may block. */
  private void work() {
    while (!disposed) {
      if (reasonsToLook.get() == 0) {
        LockSupport.park(this);
      } else {
        hand();
      }
    }
  }

  private void hand() {
    int seen = reasonsToLook.get();
    do {
      try {
        handWhatIsAskedFor();
      } catch (VirtualMachineError e) {
        throw e;
      } catch (Throwable e) {
        // Out of the subscriber's own code: it can be told nothing more than that.
        subscriber.error(e);
      }
      seen = reasonsToLook.addAndGet(-seen);
    } while (seen != 0);
  }

  private void handWhatIsAskedFor() {
    Ending end = ending;
    while (subscriber.requestedFromDownstream() > 0) {
      TableEvent event = waiting.poll();
      if (event == null) {
        break;
      }
      subscriber.next(event);
    }
    if (end != null && waiting.isEmpty()) {
      finish(end);
    }
  }

  private void finish(Ending how) {
    if (how.error() == null) {
      subscriber.complete();
    } else {
      subscriber.error(how.error());
    }
    described.tryEmitEmpty();
  }
}
