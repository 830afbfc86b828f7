package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The time that a caught-up pipeline waits for more of the last source transaction before it
 * regards it as complete. The wire has no commit marker. A producer publishes a transaction's
 * changes microseconds or a round trip apart, so the wait follows the gaps seen inside
 * transactions. If a transaction was regarded as complete too early, that is such a gap, too, so
 * the wait corrects itself. Not thread-safe.
 */
public sealed interface Linger permits FixedLinger, QuickLinger, PatientLinger {
  /**
   * For one table, of which a part of a transaction is rarely noticed: short, and soon short again.
   *
   * @param fixed the wait, 0 for none; null adapts
   */
  static Linger ofTable(@Nullable Duration fixed) {
    return fixed == null ? new QuickLinger() : new FixedLinger(fixed);
  }

  /**
   * For tables whose transactions are to stay whole: it remembers for minutes that the producer, or
   * the network, has made a pause.
   *
   * @param fixed the wait, 0 for none; null adapts
   */
  static Linger ofTables(@Nullable Duration fixed) {
    return fixed == null ? new PatientLinger(System::nanoTime) : new FixedLinger(fixed);
  }

  /** A transaction continued this long after its last change had come. */
  void sawGap(long gapNanos);

  /**
   * A change came, and behind it the next one.
   *
   * @param ended whether the next one is of another transaction
   */
  default void sawNext(Change change, boolean ended) {}

  /** The current wait, behind a change of which nothing is known. */
  Duration current();

  /** The current wait behind this change. */
  default Duration after(Change last) {
    return current();
  }
}
