package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import java.util.ArrayList;
import java.util.List;

/**
 * What changes did not touch, though they should have.
 *
 * @param missed rows that were to be updated or deleted, and were not there
 * @param unwritten rows that were written, and that the table did not take: a trigger suppressed
 *     them
 * @param unproven changes of a table without a key that came again, or seem to, so that nobody can
 *     say whether the table has their rows once
 * @param displaced rows that made room for others with their unique values, which changes bring
 *     back that come again, if they do
 */
record Discrepancies(long missed, long unwritten, long unproven, long displaced) {
  static final Discrepancies NONE = new Discrepancies(0, 0);

  Discrepancies(long missed, long unwritten) {
    this(missed, unwritten, 0, 0);
  }

  static Discrepancies unproven(long rows) {
    return new Discrepancies(0, 0, rows, 0);
  }

  static Discrepancies displaced(long rows) {
    return new Discrepancies(0, 0, 0, rows);
  }

  /**
   * What a step touched of what it should have.
   *
   * @param legal whether rows may be missing
   */
  static Discrepancies missed(long touched, boolean legal) {
    return touched == 0 && !legal ? new Discrepancies(1, 0) : NONE;
  }

  static Discrepancies unwritten(long rows, long written) {
    return written < rows ? new Discrepancies(0, rows - written) : NONE;
  }

  Discrepancies plus(Discrepancies more) {
    return equals(NONE)
        ? more
        : new Discrepancies(
            missed + more.missed,
            unwritten + more.unwritten,
            unproven + more.unproven,
            displaced + more.displaced);
  }

  /**
   * The marks that it leaves; none where all was touched.
   *
   * @param sequence stream sequence up to which the changes go
   */
  List<Incompleteness> marks(long sequence) {
    List<Incompleteness> marks = new ArrayList<>();
    if (missed > 0) {
      marks.add(
          new Incompleteness(
              Cause.MISSED_ROWS,
              "updates or deletes met no row, for the first time up to stream sequence "
                  + sequence));
    }
    if (unwritten > 0) {
      marks.add(
          new Incompleteness(
              Cause.MISSED_ROWS,
              "not written",
              "rows that were written are not there: a trigger or a rule of the table keeps them"
                  + " out, for the first time up to stream sequence "
                  + sequence));
    }
    if (unproven > 0) {
      marks.add(
          new Incompleteness(
              Cause.UNPROVEN,
              "changes came again, or seem to, as behind a restart of the producer: without a key"
                  + " nobody can say whether the table has their rows once, for the first time up to"
                  + " stream sequence "
                  + sequence));
    }
    if (displaced > 0) {
      marks.add(
          new Incompleteness(
              Cause.UNPROVEN,
              "unique values",
              "rows made room for others with their unique values, as both were committed about when"
                  + " the snapshot was taken: nobody can say whether all of them came back, for the"
                  + " first time up to stream sequence "
                  + sequence));
    }
    return marks;
  }
}
