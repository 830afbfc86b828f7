package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SnapshotOrder;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * An order on its way through a line, and what is told of it. Told by one at a time; may be
 * cancelled by any thread.
 */
public final class SnapshotTask {
  private final SnapshotOrder order;
  private final MetricsRecorder recorder;
  private final long begunNanos = System.nanoTime();
  private final Sinks.Many<SnapshotProgress> described =
      Sinks.many().unicast().onBackpressureBuffer();
  private final Sinks.Empty<Void> cancelled = Sinks.empty();
  private final Object lock = new Object();
  private Place place = Place.BEFORE_THE_LINE;
  private volatile boolean wanted = true;
  private volatile boolean over;
  private volatile @Nullable String subject;
  private volatile @Nullable LogState requestedAt;
  private final AtomicLong rowsDone = new AtomicLong();
  private volatile long rowsExpected = -1;
  private volatile @Nullable String doubt;

  /** Who ends it when nobody wants it any more: nobody but itself while it waits for its line. */
  private enum Place {
    BEFORE_THE_LINE,
    WAITING,
    TAKEN_UP
  }

  public SnapshotTask(SnapshotOrder order, MetricsRecorder recorder) {
    this.order = order;
    this.recorder = recorder;
    this.subject = order.subject();
  }

  public SnapshotOrder order() {
    return order;
  }

  /** What is told, the newest only where nobody asks; ends as the task ends. For one subscriber. */
  public Flux<SnapshotProgress> progress() {
    return described.asFlux().onBackpressureLatest();
  }

  /** The snapshot's subject; known once it has been requested. */
  String subject() {
    return Objects.requireNonNull(subject);
  }

  /** It is requested when the stream of changes stands there. */
  public void requestedAt(LogState log) {
    requestedAt = log;
  }

  /** The stream of changes before the snapshot was requested; null where it was not, by us. */
  public @Nullable LogState requestedAt() {
    return requestedAt;
  }

  /** What it brought may not be all. */
  void doubt(String reason) {
    doubt = reason;
  }

  /** It has a name now. */
  public void found(String name) {
    subject = name;
  }

  /** It is believed to hold so many rows; -1 where nobody knows. */
  void expect(long rows) {
    rowsExpected = rows;
  }

  /** So many more rows are written. */
  void wrote(int rows) {
    rowsDone.addAndGet(rows);
    report(Step.LOADING);
  }

  long rowsDone() {
    return rowsDone.get();
  }

  /** All rows are written: their number is known now. */
  void wroteAll() {
    rowsExpected = rowsDone.get();
  }

  public void report(Step step) {
    long expected = rowsExpected < 0 ? -1 : Math.max(rowsExpected, rowsDone.get());
    String name = subject;
    recorder.snapshot(
        order.mapping().source().toString(),
        order.mapping().target().toString(),
        order.mode().toString(),
        step.name().toLowerCase(java.util.Locale.ROOT),
        rowsDone.get(),
        expected);
    described.tryEmitNext(
        new SnapshotProgress(
            order.mapping(),
            name == null ? "" : name,
            order.mode(),
            step,
            rowsDone.get(),
            expected,
            Duration.ofNanos(System.nanoTime() - begunNanos),
            doubt));
  }

  public void done() {
    report(Step.DONE);
    end("ok");
    described.tryEmitComplete();
  }

  public void failed(Throwable error) {
    end(isCancelled() ? "cancelled" : "failed");
    described.tryEmitError(error);
  }

  private void end(String result) {
    if (!over) {
      over = true;
      recorder.snapshotEnded(order.mapping().target().toString(), order.mode().toString(), result);
    }
  }

  /** Nobody wants it any more. */
  public void cancel() {
    boolean waiting;
    synchronized (lock) {
      waiting = wanted && place == Place.WAITING;
      wanted = false;
    }
    if (waiting) {
      failed(SnapshotOrder.cancelled());
    }
    cancelled.tryEmitEmpty();
  }

  /** It waits for its line from now on; false where it is cancelled, and so has ended. */
  public boolean enter() {
    synchronized (lock) {
      place = Place.WAITING;
      if (wanted) {
        return true;
      }
    }
    failed(SnapshotOrder.cancelled());
    return false;
  }

  /** Its line ends it from now on; false where it is cancelled, and so has ended. */
  public boolean takeUp() {
    synchronized (lock) {
      place = Place.TAKEN_UP;
      return wanted;
    }
  }

  boolean isCancelled() {
    return !wanted;
  }

  public Mono<Void> cancelled() {
    return cancelled.asMono();
  }
}
