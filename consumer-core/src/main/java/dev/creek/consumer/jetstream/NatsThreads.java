package dev.creek.consumer.jetstream;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for the NATS client. Its own threads would keep a program alive until each connection is
 * closed. Shared by all connections of the JVM, and ended a moment after the last one.
 */
final class NatsThreads {
  private static final long IDLE_SECONDS = 5;

  /** The client's number for one connection. */
  private static final int TIMER_THREADS = 3;

  private static final AtomicInteger made = new AtomicInteger();

  /** Reads, writes and callbacks: one thread for each activity of a connection. */
  static final ExecutorService WORK =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          NatsThreads::daemon);

  /** Pings and time limits. */
  static final ScheduledExecutorService TIMERS = timers();

  private NatsThreads() {}

  private static ScheduledExecutorService timers() {
    var timers = new ScheduledThreadPoolExecutor(TIMER_THREADS, NatsThreads::daemon);
    timers.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    timers.allowCoreThreadTimeOut(true);
    timers.setRemoveOnCancelPolicy(true);
    return timers;
  }

  /**
   * A thread for one connection's tasks in their order. It needs no shutdown; the client does not
   * shut its own down if it is closed at the wrong moment.
   */
  static ExecutorService oneAtATime() {
    var executor =
        new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), NatsThreads::daemon);
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  private static Thread daemon(Runnable work) {
    var thread = new Thread(work, "creek-nats-" + made.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
