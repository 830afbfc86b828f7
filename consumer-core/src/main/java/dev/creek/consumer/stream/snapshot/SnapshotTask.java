package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.CommandRecord.CommandOutcome;
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
 * An order on its way through a pipeline, and its progress. One thread at a time reports progress;
 * any thread may cancel.
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
  private volatile @Nullable SnapshotDoubt open;

  /**
   * The owner of the task, which ends it after a cancellation: the task itself while it waits for
   * its pipeline.
   */
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

  /** The progress, without demand only the newest; ends as the task ends. For one subscriber. */
  public Flux<SnapshotProgress> progress() {
    return described.asFlux().onBackpressureLatest();
  }

  /** The snapshot's subject; known once it has been requested. */
  String subject() {
    return Objects.requireNonNull(subject);
  }

  /** Stores the state of the stream of changes at the time of the request. */
  public void requestedAt(LogState log) {
    requestedAt = log;
  }

  /** The stream of changes before the snapshot was requested; null if others requested it. */
  public @Nullable LogState requestedAt() {
    return requestedAt;
  }

  /** The snapshot may not have brought everything. */
  void doubt(String reason) {
    doubt = reason;
  }

  /** The same, but changes that are still to come may show that it has. */
  void doubt(SnapshotDoubt until) {
    doubt(until.reason());
    open = until;
  }

  /** The doubt that changes may remove; null if there is none. */
  public @Nullable SnapshotDoubt open() {
    return open;
  }

  /** The snapshot's name is known now. */
  public void found(String name) {
    subject = name;
  }

  /** The estimated number of rows; -1 if it is not known. */
  void expect(long rows) {
    rowsExpected = rows;
  }

  /** This number of further rows is written. */
  void wrote(int rows) {
    rowsDone.addAndGet(rows);
    report(Step.LOADING);
  }

  long rowsDone() {
    return rowsDone.get();
  }

  /** All rows are written, so their number is known. */
  void wroteAll() {
    rowsExpected = rowsDone.get();
  }

  public void report(Step step) {
    long expected = rowsExpected < 0 ? -1 : Math.max(rowsExpected, rowsDone.get());
    String name = subject;
    var progress =
        new SnapshotProgress(
            order.mapping(),
            name == null ? "" : name,
            order.mode(),
            step,
            rowsDone.get(),
            expected,
            Duration.ofNanos(System.nanoTime() - begunNanos),
            doubt);
    recorder.snapshot(progress);
    described.tryEmitNext(progress);
  }

  public void done() {
    report(Step.DONE);
    end(CommandOutcome.OK);
    described.tryEmitComplete();
  }

  public void failed(Throwable error) {
    end(isCancelled() ? CommandOutcome.CANCELLED : CommandOutcome.FAILED);
    described.tryEmitError(error);
  }

  private void end(CommandOutcome outcome) {
    if (!over) {
      over = true;
      recorder.snapshotEnded(order.mapping(), order.mode(), outcome);
    }
  }

  /** The snapshot is not wanted any more. */
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

  /** It waits for its pipeline from now on; false if it is cancelled, and so has ended. */
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

  /** Its pipeline ends it from now on; false if it is cancelled, and so has ended. */
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
