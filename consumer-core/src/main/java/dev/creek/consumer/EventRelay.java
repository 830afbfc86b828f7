package dev.creek.consumer;

import dev.creek.consumer.stream.LineEvent;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;

/**
 * Hands a run's events to its subscriber on a thread of its own, where that may take its time, or
 * block: those who report never wait. What it cannot take waits in {@link WaitingEvents}. The
 * thread is a daemon, is made for the first event, and ends soon after the last.
 */
final class EventRelay implements Consumer<LineEvent> {
  /** Some hundred kilobytes, and more than one glance of a person's program misses. */
  private static final int KEPT = 1024;

  private static final long IDLE_SECONDS = 5;

  private final FluxSink<LineEvent> subscriber;
  private final WaitingEvents waiting = new WaitingEvents(KEPT);
  private final AtomicInteger reasonsToLook = new AtomicInteger();
  private final ThreadPoolExecutor thread;
  private volatile @Nullable Ending ending;

  /**
   * How the run ended.
   *
   * @param error null where it completed
   */
  private record Ending(@Nullable Throwable error) {}

  EventRelay(FluxSink<LineEvent> subscriber) {
    this.subscriber = subscriber;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            EventRelay::newThread,
            // Nobody listens any more.
            new ThreadPoolExecutor.DiscardPolicy());
    thread.allowCoreThreadTimeOut(true);
    subscriber.onRequest(n -> look());
  }

  /** None of Reactor's: whoever is called on it may block. */
  private static Thread newThread(Runnable work) {
    Thread thread = new Thread(work, "creek-events");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void accept(LineEvent event) {
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
    thread.shutdown();
  }

  private void look() {
    if (reasonsToLook.getAndIncrement() == 0) {
      thread.execute(this::hand);
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
      LineEvent event = waiting.poll();
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
  }
}
