package dev.creek.consumer.testing.workload;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RandomWorkload} on a thread of its own, at a steady rate, whatever happens meanwhile.
 */
public final class BackgroundWorkload implements AutoCloseable {
  private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final RandomWorkload workload;
  private final long gapNanos;
  private final Thread thread = new Thread(this::work, "random-workload");
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final ReentrantLock step = new ReentrantLock(true);
  private volatile boolean ended;

  /** Nothing is done to the source until it is closed, by the thread that asked for it. */
  public interface Pause extends AutoCloseable {
    @Override
    void close();
  }

  private BackgroundWorkload(RandomWorkload workload, int stepsPerSecond) {
    this.workload = workload;
    this.gapNanos = NANOS_PER_SECOND / stepsPerSecond;
    thread.setDaemon(true);
  }

  /**
   * Starts.
   *
   * @param stepsPerSecond statements, commits among them; a transaction has about five
   */
  public static BackgroundWorkload start(RandomWorkload workload, int stepsPerSecond) {
    BackgroundWorkload started = new BackgroundWorkload(workload, stepsPerSecond);
    started.thread.start();
    return started;
  }

  /** What ended it before its time. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** Ends all transactions, whose locks nobody could wait for else, and pauses. */
  public Pause pause() {
    step.lock();
    workload.finish();
    return step::unlock;
  }

  /**
   * Ends all transactions, and then itself; source and target must be there. The workload is the
   * caller's again.
   *
   * @throws IllegalStateException where it had failed
   */
  @Override
  public void close() {
    ended = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the workload ends", e);
    }
    failure()
        .ifPresent(
            cause -> {
              throw new IllegalStateException("the workload failed: " + cause.getMessage(), cause);
            });
  }

  private void work() {
    try {
      long due = System.nanoTime();
      while (!ended) {
        step.lock();
        try {
          workload.step();
        } finally {
          step.unlock();
        }
        // What was held up is not made up for: a flood after each outage would be another test.
        due = Math.max(due + gapNanos, System.nanoTime() - gapNanos);
        LockSupport.parkNanos(due - System.nanoTime());
      }
      workload.finish();
    } catch (RuntimeException e) {
      failure.set(e);
    }
  }
}
