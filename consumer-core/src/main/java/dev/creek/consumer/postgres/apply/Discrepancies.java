package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows that changes should have touched and did not.
 *
 * @param missed rows that were to be updated or deleted, and did not exist
 * @param unwritten rows that were written, and that the table did not take: a trigger suppressed
 *     them
 * @param unproven changes of a table without a key that came again, or seem to, so that it is not
 *     known whether the table has their rows once
 * @param displaced rows that made room for others with their unique values; changes that come again
 *     bring them back, if they do
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
   * The discrepancy of a step.
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
   * The resulting marks; none if all rows were touched.
   *
   * @param sequence stream sequence up to which the changes go
   */
  List<Incompleteness> marks(long sequence) {
    List<Incompleteness> marks = new ArrayList<>();
    if (missed > 0) {
      marks.add(
          new Incompleteness(
              Cause.MISSED_ROWS,
              "updates or deletes found no row, for the first time up to stream sequence "
                  + sequence));
    }
    if (unwritten > 0) {
      marks.add(
          new Incompleteness(
              Cause.MISSED_ROWS,
              "not written",
              "rows that were written are missing: a trigger or a rule of the table suppresses them, "
                  + "for the first time up to stream sequence "
                  + sequence));
    }
    if (unproven > 0) {
      marks.add(
          new Incompleteness(
              Cause.UNPROVEN,
              "changes came again, or seem to, as after a restart of the producer: without a key it is "
                  + "not known whether the table has their rows once, for the first time up to stream "
                  + "sequence "
                  + sequence));
    }
    if (displaced > 0) {
      marks.add(
          new Incompleteness(
              Cause.UNPROVEN,
              "unique values",
              "rows made room for others with their unique values, because both were committed about "
                  + "when the snapshot was taken: it is not known whether all of them came back, for the "
                  + "first time up to stream sequence "
                  + sequence));
    }
    return marks;
  }
}
