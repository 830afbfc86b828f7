package dev.creek.consumer.postgres;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Generation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells which changes a restarted producer published again. A table with a key takes them twice
 * without harm; one without would get every inserted row twice. Only what is proven is skipped:
 *
 * <ul>
 *   <li>A transaction whose LSN is below that of the latest one applied, and whose commit time is
 *       not after all that were applied: the OLD producer publishes in the order of commit LSNs,
 *       each transaction its own. (A source rebuilt elsewhere may begin with lower LSNs, but not
 *       with earlier commits.)
 *   <li>The latest transaction itself when it comes again after another one: a producer begins it
 *       anew, so as many of its changes as were applied are skipped and the rest, which the
 *       producer may not have got to publish, is applied.
 * </ul>
 *
 * Not proven, and so applied: the latest transaction again with nothing in between, which may as
 * well be its continuation; and everything of NEW producers, whose LSNs are no transaction's own,
 * and whose first publication may have lost changes that the second one brings.
 *
 * <p>Not thread-safe.
 */
final class Repetitions {
  private static final int ELSEWHERE = -1;

  private @Nullable Evidence latest;

  Repetitions(@Nullable Evidence latest) {
    this.latest = latest;
  }

  /** What to store with the changes that were let through; null where nothing is known. */
  @Nullable Evidence evidence() {
    return latest;
  }

  /** The changes without those that are proven to be repetitions, in the same order. */
  List<Change> withoutRepeated(List<Change> changes) {
    List<Change> kept = new ArrayList<>(changes.size());
    for (Change change : changes) {
      if (change.schema().generation() == Generation.NEW || isFresh(change)) {
        kept.add(change);
      }
    }
    return kept;
  }

  private boolean isFresh(Change change) {
    Evidence last = latest;
    if (last == null) {
      latest = first(change, change.committedAtMicros());
      return true;
    }
    if (isOf(last, change)) {
      long seen = last.seen() == ELSEWHERE ? 1 : last.seen() + 1;
      latest = counted(last, Math.max(last.applied(), seen), seen);
      return seen > last.applied();
    }
    if (Long.compareUnsigned(change.lsn(), last.lsn()) < 0
        && change.committedAtMicros() <= last.newestMicros()) {
      latest = counted(last, last.applied(), ELSEWHERE);
      return false;
    }
    latest = first(change, Math.max(last.newestMicros(), change.committedAtMicros()));
    return true;
  }

  private static boolean isOf(Evidence last, Change change) {
    return change.transactionId() == last.transactionId()
        && change.committedAtMicros() == last.committedAtMicros()
        && change.lsn() == last.lsn();
  }

  private static Evidence first(Change change, long newestMicros) {
    return new Evidence(
        change.transactionId(), change.committedAtMicros(), change.lsn(), 1, 1, newestMicros);
  }

  private static Evidence counted(Evidence last, long applied, long seen) {
    return new Evidence(
        last.transactionId(),
        last.committedAtMicros(),
        last.lsn(),
        applied,
        seen,
        last.newestMicros());
  }
}
