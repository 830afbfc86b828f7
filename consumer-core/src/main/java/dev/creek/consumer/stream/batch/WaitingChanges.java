package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.wire.Change;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table's changes that wait to be cut into batches, in stream order, and what is known of their
 * boundaries. It does not limit what is added: the caller watches {@link #hasRoom}. Not
 * thread-safe.
 */
final class WaitingChanges {
  private final StreamIdentity stream;
  private final Position from;
  private final BatchLimits limits;
  private final OverlapWindow repeats;
  private final SchemaBreaks schemas;

  private final ArrayDeque<Change> waiting = new ArrayDeque<>();

  /** Sequences of those that must begin a batch, because a table's schema changes with them. */
  private final ArrayDeque<Long> breaks = new ArrayDeque<>();

  private long bytes;
  private long maxBytes;

  /** Number of the first changes whose transactions are known to be complete. */
  private int complete;

  private @Nullable Change newest;

  /** The last batch was a part of a transaction. */
  private boolean open;

  private boolean openIsComplete;

  /** Stream sequence up to which all changes have been added. */
  private long frontier;

  /** Stream sequence up to which all changes have left in batches. */
  private long cut;

  private @Nullable Instant committedAt;
  private long lsn;

  WaitingChanges(
      StreamIdentity stream,
      Position from,
      BatchLimits limits,
      OverlapWindow repeats,
      SchemaBreaks schemas) {
    this.schemas = schemas;
    this.stream = stream;
    this.from = from;
    this.limits = limits;
    this.repeats = repeats;
    this.frontier = from.sequence();
    this.cut = from.sequence();
    this.committedAt = from.committedAt();
    this.lsn = from.lsn();
  }

  void add(Change change) {
    Change before = newest;
    if (before == null || !repeats.together(before, change)) {
      allComplete();
    }
    if (schemas.isBetween(before, change)) {
      breaks.addLast(change.sequence());
    }
    waiting.addLast(change);
    bytes += change.bytes();
    newest = change;
  }

  /** All changes up to this stream sequence have been added. */
  void readTo(long sequence) {
    frontier = Math.max(frontier, sequence);
  }

  /**
   * Everything that waits, and the transaction that is open downstream, is known to be complete.
   */
  void allComplete() {
    complete = waiting.size();
    openIsComplete = open;
  }

  /** Tells whether {@link #allComplete} would change anything. */
  boolean hasIncomplete() {
    return complete < waiting.size() || open;
  }

  /** The change that was added last, whether or not it still waits. */
  @Nullable Change newest() {
    return newest;
  }

  long bytes() {
    return bytes;
  }

  /** Sets the bytes of a full batch from now on. */
  void limitBytes(long most) {
    maxBytes = most;
  }

  /** Tells whether less than a full batch waits. */
  boolean hasRoom() {
    return waiting.size() < limits.rows() && bytes < maxBytes;
  }

  /** Tells whether changes of complete transactions wait. */
  boolean hasComplete() {
    return complete > 0;
  }

  /** Tells whether all complete transactions have left as such. */
  boolean isDrained() {
    return complete == 0 && !openIsComplete;
  }

  /**
   * Tells whether enough is on its way to fill a batch of everything that is complete. The first
   * batch goes at once: its slow, not yet compiled steps run beside the reading.
   *
   * @param pending how many more messages the broker holds
   */
  boolean isFilledBy(long pending) {
    return pending >= limits.rows() - waiting.size() && !open && cut > from.sequence() && hasRoom();
  }

  /**
   * The next batch, if there is one.
   *
   * @param fillingUp whether one that all complete transactions fit into waits for more
   * @param ended whether no more changes will come: nothing is known of an incomplete transaction
   */
  @Nullable Batch next(boolean fillingUp, boolean ended) {
    if (complete > 0) {
      return cutComplete(fillingUp);
    }
    if (openIsComplete) {
      return cutTransactions(0);
    }
    if (!ended && !hasRoom()) {
      return cutPart(fittingChanges(waiting.size()));
    }
    if (waiting.isEmpty() && !open && frontier > cut) {
      return cutTransactions(0);
    }
    return null;
  }

  private @Nullable Batch cutComplete(boolean fillingUp) {
    int whole = fittingTransactions(complete);
    if (whole == complete && fillingUp) {
      return null;
    }
    return whole > 0 ? cutTransactions(whole) : cutPart(fittingChanges(complete));
  }

  /**
   * Number of the first {@code most} waiting changes that make a batch: within the limits and of
   * one schema of each table; at least one.
   */
  private int fittingChanges(int most) {
    return fitting(most, false);
  }

  /** The same for whole transactions: their changes, perhaps none. */
  private int fittingTransactions(int most) {
    // Asked again with each chunk while a batch fills up, and then as a rule all fits.
    return allFit(most) ? most : fitting(most, true);
  }

  private boolean allFit(int most) {
    return most <= limits.rows() && bytes <= maxBytes && firstBreak() == Long.MAX_VALUE;
  }

  private int fitting(int most, boolean wholeTransactions) {
    int count = 0;
    int boundary = 0;
    long size = 0;
    Change before = null;
    long end = firstBreak();
    for (Change change : waiting) {
      if (before != null && !repeats.together(before, change)) {
        boundary = count;
      }
      size += change.bytes();
      boolean fits =
          count == 0 || (count < limits.rows() && size <= maxBytes && change.sequence() < end);
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

  /** A batch that ends with a transaction. */
  private Batch cutTransactions(int count) {
    return cut(count, true);
  }

  /** A batch in whose last transaction more changes follow. */
  private Batch cutPart(int count) {
    return cut(count, false);
  }

  private Batch cut(int count, boolean endsTransaction) {
    List<Change> changes = new ArrayList<>(count);
    long bytesBefore = bytes;
    for (int i = 0; i < count; i++) {
      Change change = waiting.removeFirst();
      bytes -= change.bytes();
      changes.add(change);
    }
    complete = Math.max(0, complete - count);
    open = !endsTransaction;
    openIsComplete = false;
    if (count > 0) {
      Change last = changes.get(count - 1);
      cut = last.sequence();
      lsn = last.lsn();
      committedAt = last.committedAt();
    }
    if (waiting.isEmpty() && endsTransaction) {
      cut = Math.max(cut, frontier);
    }
    var position = new Position(stream, cut, lsn, committedAt);
    return new Batch(changes, bytesBefore - bytes, endsTransaction, position);
  }

  /** Sequence before which the next batch must end. */
  private long firstBreak() {
    Change first = waiting.peek();
    while (first != null && !breaks.isEmpty() && breaks.getFirst() <= first.sequence()) {
      breaks.removeFirst();
    }
    return breaks.isEmpty() ? Long.MAX_VALUE : breaks.getFirst();
  }
}
