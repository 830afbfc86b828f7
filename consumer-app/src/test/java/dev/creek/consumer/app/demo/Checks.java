package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.ComparedTable;
import dev.creek.consumer.testing.InvariantObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares both sides every few seconds, on a thread of its own. Two databases that change can only
 * be compared when they stand still, so the load pauses for that long. Now and then a clean
 * snapshot follows, while it goes on, and once a new column.
 */
final class Checks implements AutoCloseable {

  private static final Duration FIRST = Duration.ofSeconds(3);
  private static final Duration BETWEEN = Duration.ofSeconds(10);

  /** One snapshot to so many comparisons, the first at once. */
  private static final int CHECKS_PER_SNAPSHOT = 3;

  private static final Duration PUBLISH_LIMIT = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Stage stage;
  private final Workload workload;
  private final InvariantObserver totals;
  private final Supplier<Duration> clock;
  private final CleanSnapshots snapshots;
  private final NewColumn column;
  private final AtomicReference<Sample.@Nullable Check> last = new AtomicReference<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "shop-checks");

  Checks(Stage stage, Workload workload, InvariantObserver totals, Supplier<Duration> clock) {
    this.stage = stage;
    this.workload = workload;
    this.totals = totals;
    this.clock = clock;
    this.snapshots = new CleanSnapshots(stage, clock);
    this.column = new NewColumn(stage, clock);
    thread.start();
  }

  Sample.@Nullable Check last() {
    return last.get();
  }

  Sample.@Nullable Snapshot lastSnapshot() {
    return snapshots.last();
  }

  Sample.@Nullable Column column() {
    return column.last();
  }

  /** What ended them before their time. */
  Optional<Exception> failure() {
    return Optional.ofNullable(failure.get());
  }

  private void run() {
    try {
      Duration pause = FIRST;
      for (int i = 0; !ended.await(pause.toMillis(), TimeUnit.MILLISECONDS); i++) {
        check();
        if (i % CHECKS_PER_SNAPSHOT == 0) {
          // Meanwhile the table is not applied with the others.
          totals.rest();
          snapshots.take();
          if (i == 0) {
            column.come();
          }
          stage.awaitTogether();
          totals.goOn();
        }
        pause = BETWEEN;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      failure.set(e);
    }
  }

  private void check() {
    Duration begin = clock.get();
    List<ComparedTable> results;
    try (Workload.Pause pause = workload.pause()) {
      stage.producer().awaitCaughtUp(PUBLISH_LIMIT);
      results = stage.comparison().awaitSettled(PATIENCE);
    }
    Duration end = clock.get();
    last.set(new Sample.Check(end, end.minus(begin), results));
  }

  /** Finishes the one that is under way. */
  @Override
  public void close() {
    ended.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
