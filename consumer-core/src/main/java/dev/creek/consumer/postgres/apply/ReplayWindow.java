package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.postgres.apply.ReplayMode.Again;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The source time up to which a target has seen all changes: of what was applied the newest, or the
 * last snapshot's. Older changes are repetitions, and what they do is done again later. Not
 * thread-safe.
 *
 * <p>A producer that was restarted may begin again in the middle of a batch: its LSN goes back
 * then, which that of one run never does. Commit times alone do not tell, since concurrent
 * transactions commit in a slightly different order.
 */
final class ReplayWindow {
  /**
   * So much later than a snapshot's own time a change may have been committed that is in it: its
   * time is taken before its rows are.
   */
  private static final Duration OVERLAP = Duration.ofSeconds(10);

  private final @Nullable Horizon horizon;
  private final long overlapping;
  private long until;
  private long newest;
  private long lsn;

  /** The changes that were taken in last, and what was known before them. */
  private List<Change> changes = List.of();

  private long newestBefore;
  private long lsnBefore;

  /**
   * Number of them, from the first on, that go on with a transaction that came for the first time.
   */
  private int goingOn;

  /** The first change of the transaction that came last, where that is known. */
  private @Nullable Change first;

  /** Tells whether that transaction is certain to have come for the first time. */
  private boolean fresh;

  ReplayWindow(Claim claim) {
    this.until =
        Stream.of(claim.aheadUntil(), claim.position().committedAt())
            .filter(time -> time != null)
            .mapToLong(ReplayWindow::micros)
            .max()
            .orElse(Long.MIN_VALUE);
    this.newest = until;
    Instant ahead = claim.aheadUntil();
    this.overlapping = ahead == null ? Long.MIN_VALUE : micros(ahead.plus(OVERLAP));
    this.lsn = claim.position().lsn();
    this.horizon = claim.horizon();
  }

  /**
   * Takes the next changes in, once.
   *
   * @param newestOfThem what {@link #newest} says of them
   */
  void next(List<Change> next, long newestOfThem) {
    changes = next;
    newestBefore = newest;
    lsnBefore = lsn;
    newest = Math.max(newest, newestOfThem);
    Change last = next.get(next.size() - 1);
    lsn = last.lsn();
    goingOn = fresh ? goingOn(next) : 0;
    if (goingOn < next.size()) {
      int begin = firstOfLast(next);
      first = next.get(begin);
      fresh =
          last.committedAtMicros() == newest
              && newest > Math.max(newestBefore, overlapping)
              && begin + 1 + goingOn(next.subList(begin + 1, next.size())) == next.size();
    }
  }

  /**
   * Counts the changes that go on with the transaction that came last and do not begin it again.
   */
  private int goingOn(List<Change> next) {
    Change begun = first;
    int i = 0;
    while (begun != null
        && i < next.size()
        && next.get(i).sameTransaction(begun)
        && !isEqual(next.get(i), begun)) {
      i++;
    }
    return i;
  }

  private static int firstOfLast(List<Change> changes) {
    int i = changes.size() - 1;
    while (i > 0 && changes.get(i - 1).sameTransaction(changes.get(i))) {
      i--;
    }
    return i;
  }

  /** The latest commit time of changes, in microseconds. */
  static long newest(List<Change> changes) {
    long newest = Long.MIN_VALUE;
    for (int i = 0; i < changes.size(); i++) {
      newest = Math.max(newest, changes.get(i).committedAtMicros());
    }
    return newest;
  }

  /**
   * Whether all of these changes, which are not taken in yet, are ones that the target has seen.
   */
  boolean holds(List<Change> next) {
    return newest(next) <= until;
  }

  /** The same of any of them. */
  boolean holdsAny(List<Change> next) {
    return next.stream().anyMatch(change -> change.committedAtMicros() <= until);
  }

  /** True for a change that a snapshot may hold, or what was applied before a set-back. */
  boolean isAheadOf(Change change) {
    return change.committedAtMicros() <= overlapping;
  }

  /** How many of those changes, from the first on, may be repetitions. */
  int repeated() {
    int repeated = 0;
    long known = until;
    long newestYet = newestBefore;
    long lsnYet = lsnBefore;
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      if (change.lsn() < lsnYet) {
        known = newestYet;
      }
      if (i >= goingOn && change.committedAtMicros() <= known) {
        repeated = i + 1;
      }
      newestYet = Math.max(newestYet, change.committedAtMicros());
      lsnYet = change.lsn();
    }
    return repeated;
  }

  /**
   * Which of those changes may meet rows that are not there, by their index: they are in the target
   * already, or may be in the snapshot that it began with. All others must find theirs.
   */
  BitSet mayMiss() {
    var mayMiss = new BitSet();
    long known = until;
    long newestYet = newestBefore;
    long lsnYet = lsnBefore;
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      if (change.lsn() < lsnYet) {
        known = newestYet;
      }
      mayMiss.set(i, i >= goingOn && change.committedAtMicros() <= Math.max(known, overlapping));
      newestYet = Math.max(newestYet, change.committedAtMicros());
      lsnYet = change.lsn();
    }
    return mayMiss;
  }

  /** The manner of each of those changes, if they are applied one by one. */
  List<ReplayMode> manners() {
    BitSet mayMiss = mayMiss();
    List<ReplayMode> manners = new ArrayList<>(changes.size());
    long known = until;
    long newestYet = newestBefore;
    long lsnYet = lsnBefore;
    int first = 0;
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      if (!change.sameTransaction(changes.get(first))) {
        first = i;
      }
      if (change.lsn() < lsnYet || beginsAgain(first, i)) {
        known = newestYet;
      }
      Again again = i < goingOn ? Again.NO : again(change, known, mayMiss.get(i));
      manners.add(new ReplayMode(again, again == Again.YES || mayMiss.get(i)));
      newestYet = Math.max(newestYet, change.committedAtMicros());
      lsnYet = change.lsn();
    }
    return manners;
  }

  private Again again(Change change, long known, boolean mayMiss) {
    if (change.committedAtMicros() <= known) {
      return Again.YES;
    }
    return mayMiss && (horizon == null || !horizon.lacks(change)) ? Again.MAYBE : Again.NO;
  }

  /**
   * Tells whether a transaction begins again at a change: the last one that was published before a
   * restart, and is published again with nothing in between.
   *
   * @param first its first change
   */
  private boolean beginsAgain(int first, int again) {
    int end = Math.min(changes.size(), 2 * again - first);
    for (int i = again; i < end && changes.get(i).sameTransaction(changes.get(first)); i++) {
      if (!isEqual(changes.get(i), changes.get(first + i - again))) {
        return false;
      }
    }
    return again > first;
  }

  private static boolean isEqual(Change one, Change other) {
    return one.operation() == other.operation()
        && (one.operation() == Operation.TRUNCATE
            || Arrays.equals(
                one.data(), rows(one), one.end(), other.data(), rows(other), other.end()));
  }

  /** Offset of a change's first row image. */
  private static int rows(Change change) {
    return change.before() < 0 ? change.after() : change.before();
  }

  /** All that was taken in has been committed. */
  void committed() {
    until = newest;
    changes = List.of();
  }

  /** What to remember where the target is ahead of its position; null where it is not. */
  @Nullable Instant ahead(Position position) {
    Instant committedAt = position.committedAt();
    return committedAt == null || newest <= micros(committedAt)
        ? null
        : Instant.EPOCH.plus(newest, ChronoUnit.MICROS);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }
}
