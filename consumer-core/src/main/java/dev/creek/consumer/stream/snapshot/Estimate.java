package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.Incompleteness;
import java.util.Optional;

/**
 * What the source's statistics say about how many rows a snapshot holds. A producer drops rows that
 * it cannot encode, and nothing else on the wire tells of that.
 *
 * <p>Statistics are as old as the last ANALYZE or VACUUM. Autovacuum runs both once a tenth or a
 * fifth of the rows have changed, and fifty more: so much is nobody's fault. In tables that are
 * smaller than that it never runs, and half of them may be gone before anybody says so.
 */
final class Estimate {
  private static final double CHANGED_SHARE = 0.2;
  private static final long CHANGED_ROWS = 50;

  /** Of fewer rows nothing can be said. */
  private static final long FEWEST_ROWS = 10;

  private Estimate() {}

  /**
   * The mark of a snapshot that holds far fewer rows.
   *
   * @param estimated how many rows there should be; not positive where that is not known
   * @param rows how many there are
   */
  static Optional<Incompleteness> compare(long estimated, long rows) {
    boolean fewer =
        estimated >= FEWEST_ROWS
            && (rows < estimated / 2
                || estimated - rows > CHANGED_ROWS + CHANGED_SHARE * estimated);
    return fewer
        ? Optional.of(
            new Incompleteness(
                Incompleteness.Cause.THIN_SNAPSHOT,
                ("the snapshot holds %,d rows, the source's statistics say about %,d: the producer may"
                        + " have dropped rows that it cannot encode (check --source-uri names the"
                        + " columns), or many were deleted since the source's last ANALYZE")
                    .formatted(rows, estimated)))
        : Optional.empty();
  }
}
