package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.wire.Change;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * Evidence for a transaction whose changes come next to each other: either its producer goes on
 * with it, or has begun it anew. A restarted producer does the latter if a table's last transaction
 * comes again with nothing of the table in between.
 *
 * @param lastLsn OLD: LSN of what its producer had read before it, the same in all its changes. A
 *     restarted producer sends the LSN where it began in the first transaction that it reads; in
 *     later ones the same as the one before
 * @param first check sum of its first change; {@link #TELLS_NOTHING} if a later change has the same
 * @param sentAtMicros time of publication of the last change, by the producer's clock
 */
record Publication(long lastLsn, long first, long sentAtMicros) {
  /** No check sum, which is unsigned. */
  static final long TELLS_NOTHING = -1;

  /**
   * A producer publishes a transaction when it has all of it: row after row, each within a
   * millisecond. It cannot be killed, restarted and come to the same place in less than this.
   */
  static final long PAUSE_MICROS = TimeUnit.MILLISECONDS.toMicros(50);

  /** Kinds of changes that have the same transaction as the one before them. */
  enum Next {
    /** The producer goes on. */
    CONTINUES(true, false),
    /** It has begun the transaction anew. */
    BEGINS_ANEW(true, true),
    /** It seems so, and nothing proves it. */
    SEEMS_ANEW(false, true),
    /** It goes on after a pause, or has begun anew: nothing shows which. */
    UNKNOWN(false, false);

    private final boolean proven;
    private final boolean anew;

    Next(boolean proven, boolean anew) {
      this.proven = proven;
      this.anew = anew;
    }

    boolean isProven() {
      return proven;
    }

    /** Returns true if it is regarded as the first of the transaction. */
    boolean isAnew() {
      return anew;
    }
  }

  /** The evidence after a transaction's first change. */
  static Publication of(Change change) {
    return new Publication(change.lastLsn(), content(change), change.sentAtMicros());
  }

  /**
   * Classifies a change of the same transaction.
   *
   * @param lsn of the change that came before it
   */
  Next next(Change change, long lsn) {
    boolean old = change.schema().generation() == Generation.OLD;
    if (old ? change.lastLsn() != lastLsn : Long.compareUnsigned(change.lsn(), lsn) < 0) {
      return Next.BEGINS_ANEW;
    }
    long pause = change.sentAtMicros() - sentAtMicros;
    if (pause >= 0 && pause < PAUSE_MICROS) {
      return Next.CONTINUES;
    }
    if (first == TELLS_NOTHING) {
      return Next.UNKNOWN;
    }
    return first == content(change) ? Next.SEEMS_ANEW : Next.CONTINUES;
  }

  /** The evidence after a change with which the producer went on. */
  Publication continued(Change change) {
    long tells = first == content(change) ? TELLS_NOTHING : first;
    return new Publication(lastLsn, tells, change.sentAtMicros());
  }

  /** The evidence after the first change of a transaction that was begun anew. */
  Publication anew(Change change) {
    return new Publication(change.lastLsn(), first, change.sentAtMicros());
  }

  /** Check sum of the images, and of which of them there are. */
  private static long content(Change change) {
    CRC32C sum = new CRC32C();
    sum.update((change.before() >= 0 ? 1 : 0) + (change.after() >= 0 ? 2 : 0));
    int from = change.before() >= 0 ? change.before() : change.after();
    if (from >= 0) {
      sum.update(change.data(), from, change.end() - from);
    }
    return sum.getValue();
  }
}
