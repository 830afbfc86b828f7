package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import reactor.core.publisher.Signal;

/**
 * Cuts batches into source transactions, and puts the parts of one together, up to the limits. For
 * one subscription; not thread-safe.
 */
final class TransactionCutter {
  private final BatchLimits limits;

  /** Of the batches that are being gathered. */
  private long gatheredBytes;

  private long gatheredChanges;

  /** Number of the next part; 0 if the last transaction has ended. */
  private int nextPart;

  /**
   * A transaction, or a part of one.
   *
   * @param number of the part, from 0
   * @param last whether it ends there
   * @param to the position behind it
   */
  record Part(List<Change> changes, int number, boolean last, Position to) {
    <T> Transaction<T> read(ChangeReader<T> reader, Commits commits) {
      return new Transaction<>(
          reader.read(changes), number, last, new Place(to, changes.get(0).sequence(), commits));
    }
  }

  TransactionCutter(BatchLimits limits) {
    this.limits = limits;
  }

  /** Tells whether what was gathered leaves with this signal. */
  boolean isFull(Signal<Batch> signal) {
    Batch batch = signal.get();
    if (batch == null) {
      return true;
    }
    gatheredBytes += batch.bytes();
    gatheredChanges += batch.changes().size();
    boolean full =
        batch.endsTransaction()
            || gatheredBytes >= limits.bytes()
            || gatheredChanges >= limits.rows();
    if (full) {
      gatheredBytes = 0;
      gatheredChanges = 0;
    }
    return full;
  }

  /**
   * The transactions of batches that follow one another; to be iterated once. If the last signal is
   * an error, what was gathered of a transaction is dropped, as it comes again.
   */
  Iterable<InTurn<Part>> cut(List<Signal<Batch>> signals) {
    return InTurn.of(signals.get(signals.size() - 1), last -> cut(signals, last));
  }

  private Iterable<Part> cut(List<Signal<Batch>> signals, Batch last) {
    if (signals.size() == 1) {
      return () -> new Parts(last.changes(), last);
    }
    List<Change> all = new ArrayList<>();
    signals.forEach(signal -> all.addAll(Objects.requireNonNull(signal.get()).changes()));
    return () -> new Parts(all, last);
  }

  private final class Parts implements Iterator<Part> {
    private final List<Change> changes;
    private final Batch end;
    private int next;

    Parts(List<Change> changes, Batch end) {
      this.changes = changes;
      this.end = end;
      if (changes.isEmpty() && end.endsTransaction()) {
        nextPart = 0;
      }
    }

    @Override
    public boolean hasNext() {
      return next < changes.size();
    }

    @Override
    public Part next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int from = next;
      Change first = changes.get(from);
      while (next < changes.size() && changes.get(next).sameTransaction(first)) {
        next++;
      }
      boolean more = next < changes.size();
      boolean ended = more || end.endsTransaction();
      int part = nextPart;
      nextPart = ended ? 0 : part + 1;
      Position to = more ? behind(changes.get(next - 1)) : end.position();
      return new Part(changes.subList(from, next), part, ended, to);
    }

    private Position behind(Change last) {
      return new Position(end.position().stream(), last.sequence(), last.lsn(), last.committedAt());
    }
  }
}
