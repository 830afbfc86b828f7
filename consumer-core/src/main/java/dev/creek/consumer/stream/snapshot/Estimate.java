package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.Incompleteness;
import java.util.Optional;

/**
 * The number of rows of a snapshot by the source's statistics. A producer drops rows that it cannot
 * encode, and nothing else on the wire shows that.
 *
 * <p>Statistics are as old as the last ANALYZE or VACUUM. Autovacuum runs both once a tenth or a
 * fifth of the rows, plus fifty, have changed: such a difference is normal. It never runs in
 * smaller tables, so only a lack of half of their rows is reported.
 */
final class Estimate {
  private static final double CHANGED_SHARE = 0.2;
  private static final long CHANGED_ROWS = 50;

  /** Nothing can be said about fewer rows. */
  private static final long FEWEST_ROWS = 10;

  private Estimate() {}

  /**
   * The mark of a snapshot that holds far fewer rows.
   *
   * @param estimated expected number of rows; not positive if it is not known
   * @param rows actual number of rows
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
