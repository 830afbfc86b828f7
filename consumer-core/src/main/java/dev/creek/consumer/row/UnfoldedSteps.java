package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** A batch change by change; each step is transcoded when it is requested. */
final class UnfoldedSteps implements Iterator<Step> {
  /** Greatest number of inserts without a key in one step. */
  static final int MAX_RUN_ROWS = 500;

  private final List<Change> changes;
  private final RowPlan rows;
  private final ImageKeys images;
  private final AvroCursor cursor = new AvroCursor();
  private final ValueColumn key = new ValueColumn(256);
  private int next;

  UnfoldedSteps(List<Change> changes, RowPlan rows, ImageKeys images) {
    this.changes = changes;
    this.rows = rows;
    this.images = images;
  }

  @Override
  public boolean hasNext() {
    return next < changes.size();
  }

  @Override
  public Step next() {
    if (next >= changes.size()) {
      throw new NoSuchElementException();
    }
    Change change = changes.get(next);
    return switch (change.operation()) {
      case INSERT, READ -> new Step.Insert(rows(rows.key() == null ? runOfInserts() : 1));
      case UPDATE -> rows.key() == null ? replace(change) : new Step.Update(rows(1));
      case UPDATE_KEY -> keeps(change) ? new Step.Update(rows(1)) : replace(change);
      case DELETE -> {
        next++;
        yield new Step.Delete(key(change));
      }
      case TRUNCATE -> {
        next++;
        yield new Step.Truncate();
      }
    };
  }

  private int runOfInserts() {
    int run = 1;
    int limit = Math.min(MAX_RUN_ROWS, changes.size() - next);
    while (run < limit && inserts(changes.get(next + run))) {
      run++;
    }
    return run;
  }

  private static boolean inserts(Change change) {
    return change.operation() == Operation.INSERT || change.operation() == Operation.READ;
  }

  /**
   * Tells whether a key change keeps the key: with REPLICA IDENTITY FULL every update is a key
   * change.
   */
  private boolean keeps(Change change) {
    if (rows.key() == null) {
      return false;
    }
    key.clear();
    images.before(cursor, change, key);
    int before = key.size();
    images.after(cursor, change, key);
    return Arrays.equals(key.array(), 0, before, key.array(), before, key.size());
  }

  private Step replace(Change change) {
    return new Step.Replace(key(change), rows(1));
  }

  private RowColumns key(Change change) {
    key.clear();
    images.before(cursor, change, key);
    if (rows.key() != null && key.hasNull()) {
      throw images.nullInKey(change, key.array(), 0);
    }
    var into = images.newColumns(key.size());
    ImageKeys.split(key.array(), 0, into);
    return RowPlan.rowColumns(into, 1);
  }

  private RowColumns rows(int run) {
    var into = rows.newColumns(run);
    for (int end = next + run; next < end; next++) {
      Change change = changes.get(next);
      cursor.over(change.data(), change.after(), change.end());
      rows.transcode(cursor, change.sequence(), into);
    }
    return RowPlan.rowColumns(into, run);
  }
}
