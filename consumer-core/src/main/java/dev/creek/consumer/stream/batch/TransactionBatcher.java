package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.wire.Change;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * Cuts a table's changes into {@link Batch}es of whole source transactions.
 *
 * <ul>
 *   <li><b>Boundary</b>: a transaction is complete when a change of another one follows, or when
 *       the pipeline is caught up and the {@link Linger} has passed in silence.
 *   <li><b>Size</b>: a batch is cut on demand, from everything that is complete then, up to the
 *       {@link BatchLimits}: one transaction when idle, large when behind. Tables with a backlog
 *       share the bytes that all batches may hold. While more is on its way, a small batch waits
 *       for it, but not for long: a batch costs nearly the same whatever its size. Only a
 *       transaction larger than the limits is emitted in parts.
 *   <li><b>{@link OverlapWindow}</b>: its changes count as one transaction.
 *   <li><b>Schema</b>: a change of fingerprint ends a batch.
 *   <li><b>Demand</b>: chunks are requested one at a time and only while less than a batch waits;
 *       so at most one batch and one chunk wait here.
 *   <li><b>End</b>: when the source ends or fails, complete transactions are still emitted. An
 *       incomplete last transaction is dropped; it is read again, because its position is not
 *       stored.
 * </ul>
 *
 * <p>The standard operators do not suffice: {@code windowUntilChanged} never closes the last
 * transaction of a quiet table, {@code bufferTimeout} cuts transactions, {@code switchMap} ignores
 * demand. All state is confined to one worker: signals only post tasks to it.
 */
public final class TransactionBatcher extends Flux<Batch> {
  /** Time that a small batch waits for more: less than the time to write a full one. */
  static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Flux<DecodedChunk> chunks;
  private final StreamIdentity stream;
  private final Position from;
  private final BatchLimits limits;
  private final Linger linger;
  private final Scheduler scheduler;
  private final OverlapWindow repeats;
  private final ByteShares shares;

  /**
   * @param shares bytes that all batches being gathered may hold
   */
  public TransactionBatcher(
      Flux<DecodedChunk> chunks,
      StreamIdentity stream,
      Position from,
      BatchLimits limits,
      Linger linger,
      Scheduler scheduler,
      OverlapWindow repeats,
      ByteShares shares) {
    this.shares = shares;
    this.repeats = repeats;
    this.chunks = chunks;
    this.stream = stream;
    this.from = from;
    this.limits = limits;
    this.linger = linger;
    this.scheduler = scheduler;
  }

  @Override
  public void subscribe(CoreSubscriber<? super Batch> actual) {
    chunks.subscribe(new Cutter(actual, scheduler.createWorker()));
  }

  /** States of a small batch that waits for more. */
  private enum Gathering {
    NOT_BEGUN,
    WAITING,
    OVER
  }

  private final class Cutter implements CoreSubscriber<DecodedChunk>, Subscription {
    private final CoreSubscriber<? super Batch> actual;
    private final Scheduler.Worker worker;
    private final Disposable.Swap quietTimer = Disposables.swap();
    private final Disposable.Swap gatherTimer = Disposables.swap();
    private final ByteShares.Share share = shares.share();

    private @Nullable Subscription upstream;
    private volatile boolean cancelled;

    // Below: only on the worker.
    private final ArrayDeque<Change> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long maxBytes;
    private int complete;
    private @Nullable Change last;
    private long lastArrival;

    /** Number of further messages at the broker; 0: caught up. */
    private long pending;

    private Gathering gathering = Gathering.NOT_BEGUN;
    private boolean open;
    private boolean openIsComplete;
    private long frontier;
    private long cut;
    private @Nullable Instant committedAt = from.committedAt();
    private long lsn = from.lsn();
    private long demand;
    private boolean awaitingChunk;
    private boolean ended;
    private @Nullable Throwable failure;
    private boolean finished;

    Cutter(CoreSubscriber<? super Batch> actual, Scheduler.Worker worker) {
      this.actual = actual;
      this.worker = worker;
      this.frontier = from.sequence();
      this.cut = from.sequence();
    }

    @Override
    public reactor.util.context.Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription s) {
      upstream = s;
      actual.onSubscribe(this);
      post(this::proceed);
    }

    @Override
    public void onNext(DecodedChunk chunk) {
      post(() -> take(chunk));
    }

    @Override
    public void onError(Throwable t) {
      post(() -> end(t));
    }

    @Override
    public void onComplete() {
      post(() -> end(null));
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        post(
            () -> {
              demand = Operators.addCap(demand, n);
              proceed();
            });
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      Subscription s = upstream;
      if (s != null) {
        s.cancel();
      }
      worker.dispose();
      quietTimer.dispose();
      gatherTimer.dispose();
      share.close();
    }

    private void post(Runnable task) {
      if (cancelled) {
        return;
      }
      try {
        worker.schedule(task);
      } catch (RejectedExecutionException e) {
        rejected(e);
      }
    }

    /** A cancellation disposes the worker, perhaps while a task is running there. */
    private void rejected(RejectedExecutionException e) {
      if (!cancelled) {
        Subscription s = upstream;
        if (s != null) {
          s.cancel();
        }
        actual.onError(e);
      }
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
      frontier = Math.max(frontier, chunk.frontier());
      pending = chunk.pending();
      quietTimer.update(Disposables.disposed());
      if (chunk.caughtUp()) {
        awaitQuiet();
      }
      proceed();
    }

    private void add(Change change, long now) {
      Change before = last;
      if (before != null && repeats.together(before, change)) {
        // Behind, the time between two changes is ours, not the producer's.
        if (pending == 0 && lastArrival != now && before.sameTransaction(change)) {
          linger.sawGap(now - lastArrival);
        }
      } else {
        allComplete();
      }
      waiting.addLast(change);
      waitingBytes += change.bytes();
      last = change;
      lastArrival = now;
    }

    private void awaitQuiet() {
      long wait = linger.current().toNanos();
      if (wait <= 0) {
        allComplete();
      } else if (complete < waiting.size() || open) {
        quietTimer.update(after(wait, this::quiet));
      }
    }

    private Disposable after(long nanos, Runnable task) {
      try {
        return worker.schedule(task, nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        rejected(e);
        return Disposables.disposed();
      }
    }

    private void quiet() {
      allComplete();
      proceed();
    }

    /**
     * Everything that waits, and the transaction that is open downstream, is known to be complete.
     */
    private void allComplete() {
      complete = waiting.size();
      openIsComplete = open;
    }

    private void proceed() {
      measure();
      while (demand > 0 && !finished && !cancelled) {
        Batch batch = nextBatch();
        if (batch == null) {
          break;
        }
        demand--;
        actual.onNext(batch);
        measure();
      }
      if (cancelled || finished) {
        return;
      }
      if (ended) {
        finishIfDrained();
      } else if (!awaitingChunk && waiting.size() < limits.rows() && waitingBytes < maxBytes) {
        awaitingChunk = true;
        Subscription s = upstream;
        if (s != null) {
          s.request(1);
        }
      }
    }

    /** A pipeline without changes at hand may begin with a small share. */
    private void measure() {
      maxBytes = share.reserve(waitingBytes, waitingBytes > 0);
    }

    private void finishIfDrained() {
      if (complete > 0 || openIsComplete) {
        return;
      }
      finished = true;
      quietTimer.dispose();
      gatherTimer.dispose();
      share.close();
      Throwable t = failure;
      if (t != null) {
        actual.onError(t);
      } else {
        actual.onComplete();
      }
      worker.dispose();
    }

    private @Nullable Batch nextBatch() {
      if (complete > 0) {
        return cutComplete();
      }
      if (openIsComplete) {
        return emit(0, true);
      }
      if (!ended && (waiting.size() >= limits.rows() || waitingBytes >= maxBytes)) {
        return emit(fitting(waiting.size(), false), false);
      }
      if (waiting.isEmpty() && !open && frontier > cut) {
        return emit(0, true);
      }
      return null;
    }

    /**
     * Tells whether enough is on its way to fill a batch of everything that is complete. The first
     * batch goes at once: its slow, not yet compiled steps run beside the reading.
     */
    private boolean isFillingUp() {
      boolean filling =
          pending >= limits.rows() - waiting.size()
              && gathering != Gathering.OVER
              && !ended
              && !open
              && cut > from.sequence()
              && waiting.size() < limits.rows()
              && waitingBytes < maxBytes;
      if (filling && gathering == Gathering.NOT_BEGUN) {
        gathering = Gathering.WAITING;
        gatherTimer.update(after(GATHER_NANOS, this::gathered));
      }
      return filling;
    }

    private void gathered() {
      gathering = Gathering.OVER;
      proceed();
    }

    private @Nullable Batch cutComplete() {
      int whole = fitting(complete, true);
      if (whole == complete && isFillingUp()) {
        return null;
      }
      return whole > 0 ? emit(whole, true) : emit(fitting(complete, false), false);
    }

    /**
     * Number of the first {@code most} waiting changes that make a batch: within the limits and of
     * one schema; at least one, or, if only whole transactions count, the changes of those, perhaps
     * none.
     */
    private int fitting(int most, boolean wholeTransactions) {
      int count = 0;
      int boundary = 0;
      long bytes = 0;
      Change before = null;
      for (Change change : waiting) {
        if (before != null && !repeats.together(before, change)) {
          boundary = count;
        }
        bytes += change.bytes();
        boolean fits =
            count == 0
                || (count < limits.rows() && bytes <= maxBytes && sameSchema(before, change));
        if (count == most || !fits) {
          break;
        }
        before = change;
        count++;
      }
      if (!wholeTransactions) {
        return count;
      }
      return count == most ? count : boundary;
    }

    private Batch emit(int count, boolean endsTransaction) {
      List<Change> changes = new ArrayList<>(count);
      long bytesBefore = waitingBytes;
      for (int i = 0; i < count; i++) {
        Change change = waiting.removeFirst();
        waitingBytes -= change.bytes();
        changes.add(change);
      }
      complete = Math.max(0, complete - count);
      open = !endsTransaction;
      openIsComplete = false;
      gathering = Gathering.NOT_BEGUN;
      gatherTimer.update(Disposables.disposed());
      if (count > 0) {
        Change newest = changes.get(count - 1);
        cut = newest.sequence();
        lsn = newest.lsn();
        committedAt = newest.committedAt();
      }
      if (waiting.isEmpty() && endsTransaction) {
        cut = Math.max(cut, frontier);
      }
      var position = new Position(stream, cut, lsn, committedAt);
      return new Batch(changes, bytesBefore - waitingBytes, endsTransaction, position);
    }
  }

  /**
   * By identity: a pipeline's decoder makes one instance per fingerprint, and comparing texts per
   * change would cost more than applying.
   */
  @SuppressWarnings("ReferenceEquality")
  private static boolean sameSchema(@Nullable Change before, Change change) {
    return before == null || before.schema() == change.schema();
  }
}
