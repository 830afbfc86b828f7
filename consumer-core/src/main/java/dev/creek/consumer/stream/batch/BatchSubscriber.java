package dev.creek.consumer.stream.batch;

import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.wire.Change;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * The signals of a {@link TransactionBatcher}: takes chunks, and emits batches on demand. All state
 * is confined to one worker; signals of either side only post tasks to it.
 */
final class BatchSubscriber implements CoreSubscriber<DecodedChunk>, Subscription {
  private final CoreSubscriber<? super Batch> actual;
  private final Scheduler.Worker worker;
  private final Linger linger;
  private final ByteShares.Share share;
  private final Disposable.Swap quietTimer = Disposables.swap();
  private final Disposable.Swap gatherTimer = Disposables.swap();

  /** Ended or cancelled, whichever came first: no more signals in either direction. */
  private final AtomicBoolean over = new AtomicBoolean();

  private volatile @Nullable Subscription upstream;

  // Below: only on the worker.
  private final WaitingChanges waiting;
  private boolean begun;
  private long lastArrival;

  /** Number of further messages at the broker; 0: caught up. */
  private long pending;

  private Gathering gathering = Gathering.NOT_BEGUN;
  private long demand;
  private boolean awaitingChunk;
  private boolean ended;
  private @Nullable Throwable failure;

  /** States of a small batch that waits for more. */
  private enum Gathering {
    NOT_BEGUN,
    WAITING,
    OVER
  }

  /**
   * @param share its bytes of all that batches may hold while they are gathered; given back at the
   *     end
   */
  BatchSubscriber(
      CoreSubscriber<? super Batch> actual,
      Scheduler.Worker worker,
      WaitingChanges waiting,
      Linger linger,
      ByteShares.Share share) {
    this.actual = actual;
    this.worker = worker;
    this.waiting = waiting;
    this.linger = linger;
    this.share = share;
  }

  @Override
  public Context currentContext() {
    return actual.currentContext();
  }

  @Override
  public void onSubscribe(Subscription s) {
    if (Operators.validate(upstream, s)) {
      upstream = s;
      actual.onSubscribe(this);
      post(this::begin);
    }
  }

  @Override
  public void onNext(DecodedChunk chunk) {
    Objects.requireNonNull(chunk, "chunk");
    post(() -> take(chunk));
  }

  @Override
  public void onError(Throwable t) {
    Objects.requireNonNull(t, "error");
    post(() -> end(t));
  }

  @Override
  public void onComplete() {
    post(() -> end(null));
  }

  @Override
  public void request(long n) {
    post(() -> demand(n));
  }

  @Override
  public void cancel() {
    if (over.compareAndSet(false, true)) {
      cancelUpstream();
      release();
    }
  }

  private void post(Runnable task) {
    if (over.get()) {
      return;
    }
    try {
      worker.schedule(() -> run(task));
    } catch (RejectedExecutionException e) {
      fail(e);
    }
  }

  /** An exception would otherwise end in the scheduler's log, and the table would wait for ever. */
  private void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      if (over.get()) {
        throw e;
      }
      fail(e);
    }
  }

  /** Ends it at once, with all that waits; without effect once it is over. */
  private void fail(Throwable t) {
    if (over.compareAndSet(false, true)) {
      cancelUpstream();
      actual.onError(t);
      // Last, because it interrupts the worker, which may be this thread.
      release();
    }
  }

  private void cancelUpstream() {
    Subscription s = upstream;
    if (s != null) {
      s.cancel();
    }
  }

  private void release() {
    quietTimer.dispose();
    gatherTimer.dispose();
    share.close();
    worker.dispose();
  }

  /** A subscriber may ask within {@code onSubscribe}, but gets nothing before that has returned. */
  private void begin() {
    begun = true;
    proceed();
  }

  private void demand(long n) {
    if (n <= 0) {
      fail(
          new IllegalArgumentException(
              "a subscriber requested " + n + " batches; at least 1 is allowed (rule 3.9)"));
      return;
    }
    demand = Operators.addCap(demand, n);
    proceed();
  }

  private void end(@Nullable Throwable t) {
    ended = true;
    failure = t;
    proceed();
  }

  private void take(DecodedChunk chunk) {
    awaitingChunk = false;
    long now = System.nanoTime();
    for (Change change : chunk.changes()) {
      add(change, now);
    }
    if (chunk.complete()) {
      waiting.allComplete();
    }
    waiting.readTo(chunk.frontier());
    pending = chunk.pending();
    quietTimer.update(Disposables.disposed());
    if (chunk.caughtUp()) {
      awaitQuiet();
    }
    proceed();
  }

  private void add(Change change, long now) {
    Change before = waiting.newest();
    if (before != null) {
      boolean ended = !before.sameTransaction(change);
      linger.sawNext(before, ended);
      // Behind, the time between two changes is ours, not the producer's.
      if (!ended && pending == 0 && lastArrival != now) {
        linger.sawGap(now - lastArrival);
      }
    }
    waiting.add(change);
    lastArrival = now;
  }

  private void awaitQuiet() {
    Change last = waiting.newest();
    long wait = (last == null ? linger.current() : linger.after(last)).toNanos();
    if (wait <= 0) {
      waiting.allComplete();
    } else if (waiting.hasIncomplete()) {
      quietTimer.update(after(wait, this::quiet));
    }
  }

  private Disposable after(long nanos, Runnable task) {
    try {
      return worker.schedule(() -> run(task), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      fail(e);
      return Disposables.disposed();
    }
  }

  private void quiet() {
    waiting.allComplete();
    proceed();
  }

  private void proceed() {
    if (!begun) {
      return;
    }
    measure();
    while (demand > 0 && !over.get()) {
      Batch batch = nextBatch();
      if (batch == null) {
        break;
      }
      demand--;
      actual.onNext(batch);
      measure();
    }
    if (over.get()) {
      return;
    }
    if (ended) {
      finishIfDrained();
    } else if (!awaitingChunk && waiting.hasRoom()) {
      awaitingChunk = true;
      Subscription s = upstream;
      if (s != null) {
        s.request(1);
      }
    }
  }

  /** A pipeline without changes at hand may begin with a small share. */
  private void measure() {
    waiting.limitBytes(share.reserve(waiting.bytes(), waiting.bytes() > 0));
  }

  private void finishIfDrained() {
    if (waiting.isDrained() && over.compareAndSet(false, true)) {
      Throwable t = failure;
      if (t != null) {
        actual.onError(t);
      } else {
        actual.onComplete();
      }
      release();
    }
  }

  private @Nullable Batch nextBatch() {
    boolean fillingUp = gathering != Gathering.OVER && !ended && waiting.isFilledBy(pending);
    Batch batch = waiting.next(fillingUp, ended);
    if (batch != null) {
      gathering = Gathering.NOT_BEGUN;
      gatherTimer.update(Disposables.disposed());
    } else if (fillingUp && waiting.hasComplete() && gathering == Gathering.NOT_BEGUN) {
      gathering = Gathering.WAITING;
      gatherTimer.update(after(TransactionBatcher.GATHER_NANOS, this::gathered));
    }
    return batch;
  }

  private void gathered() {
    gathering = Gathering.OVER;
    proceed();
  }
}
