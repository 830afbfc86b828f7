package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds changes that a restarted producer published again. A table with a key takes them twice
 * without harm; one without would get every inserted row twice. Skipped, of an OLD producer:
 *
 * <ul>
 *   <li>A transaction whose LSN is below that of the latest one applied, and whose commit time is
 *       not later than that of all that were applied: the OLD producer publishes in the order of
 *       commit LSNs, each transaction its own. (A source rebuilt elsewhere may begin with lower
 *       LSNs, but not with earlier commits.)
 *   <li>The latest transaction itself when it comes again after another one. A producer begins it
 *       anew, so as many of its changes as were applied are skipped. The rest, which the producer
 *       may not have published before, is applied.
 *   <li>The latest transaction again with nothing in between, if {@link Publication} proves that it
 *       was begun anew. If nothing shows whether it was, it is skipped as well, and {@linkplain
 *       #unproven counts} as in doubt.
 * </ul>
 *
 * <p>Nothing is skipped of NEW producers: their LSNs are not those of a transaction, and their
 * first publication may have lost changes that the second one brings. But a restart is detected,
 * because the LSNs of one run never go back, and what it publishes again is in doubt.
 *
 * <p>Not thread-safe.
 */
public final class RepublishedFilter {
  private static final int ELSEWHERE = -1;

  private @Nullable AppliedMark latest;
  private long unproven;

  /** Of the last batch of changes, by their index. */
  private final BitSet goesOn = new BitSet();

  private int index;

  RepublishedFilter(@Nullable AppliedMark latest) {
    this.latest = latest;
  }

  /** The mark to store with the changes that passed; null if nothing is known. */
  public @Nullable AppliedMark evidence() {
    return latest;
  }

  /** The changes without repetitions, in the same order. */
  public List<Change> withoutRepeated(List<Change> changes) {
    unproven = 0;
    goesOn.clear();
    List<Change> kept = new ArrayList<>(changes.size());
    for (index = 0; index < changes.size(); index++) {
      if (isFresh(changes.get(index))) {
        kept.add(changes.get(index));
      }
    }
    return kept;
  }

  /**
   * Of the last batch of changes, by their index, those that continue the transaction of the change
   * before them. They come for the first time if that one did.
   */
  public BitSet goesOn() {
    return goesOn;
  }

  /** Of the last batch of changes, the number that the table may now hold twice, or not at all. */
  public long unproven() {
    return unproven;
  }

  private boolean isFresh(Change change) {
    AppliedMark last = latest;
    if (last == null) {
      latest = AppliedMark.first(change, change.committedAtMicros());
      return true;
    }
    if (last.isOf(change)) {
      return isNext(last, change);
    }
    if (Long.compareUnsigned(change.lsn(), last.lsn()) < 0
        && change.committedAtMicros() <= last.newestMicros()) {
      latest = last.seen(last.lsn(), last.applied(), ELSEWHERE, last.publication());
      return isAppliedAgain(change);
    }
    latest = AppliedMark.first(change, Math.max(last.newestMicros(), change.committedAtMicros()));
    return true;
  }

  /** Returns true for a change of the last transaction that has not been applied. */
  private boolean isNext(AppliedMark last, Change change) {
    Publication publication = last.publication();
    if (last.seen() == ELSEWHERE) {
      return anew(last, publication == null ? null : publication.anew(change), change);
    }
    if (publication == null) {
      return continues(last, null, change);
    }
    Publication.Next next = publication.next(change, last.lsn());
    goesOn.set(index, next == Publication.Next.CONTINUES && last.seen() >= last.applied());
    if (!next.isProven()) {
      unproven++;
    }
    return next.isAnew()
        ? anew(last, publication.anew(change), change)
        : continues(last, publication.continued(change), change);
  }

  private boolean anew(AppliedMark last, @Nullable Publication publication, Change change) {
    latest = last.seen(change.lsn(), last.applied(), 1, publication);
    return last.applied() < 1 || isAppliedAgain(change);
  }

  private boolean continues(AppliedMark last, @Nullable Publication publication, Change change) {
    long seen = last.seen() + 1;
    latest = last.seen(change.lsn(), Math.max(last.applied(), seen), seen, publication);
    return seen > last.applied() || isAppliedAgain(change);
  }

  /** A change that comes again. */
  private boolean isAppliedAgain(Change change) {
    boolean applied = change.schema().generation() == Generation.NEW;
    if (applied) {
      unproven++;
    }
    return applied;
  }
}
