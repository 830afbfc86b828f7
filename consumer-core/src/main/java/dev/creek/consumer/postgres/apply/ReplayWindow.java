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
 * The source time up to which a target has seen all changes: that of the newest applied change, or
 * of the last snapshot. Older changes are repetitions, and their effects are repeated later too.
 * Not thread-safe.
 *
 * <p>A restarted producer may begin again in the middle of a batch. Then its LSN goes back, which
 * the LSN of one run never does. Commit times alone do not show this, because concurrent
 * transactions commit in a slightly different order.
 */
final class ReplayWindow {
  /**
   * A change in the snapshot may have been committed later than the snapshot's own time by this
   * much: its time is taken before its rows are.
   */
  private static final Duration OVERLAP = Duration.ofSeconds(10);

  private final @Nullable Horizon horizon;
  private final long overlapping;
  private long until;
  private long newest;
  private long lsn;

  /** The last batch of changes, and the state before it. */
  private List<Change> changes = List.of();

  private long newestBefore;
  private long lsnBefore;

  /**
   * Number of them, from the first on, that continue a transaction that came for the first time.
   */
  private int goingOn;

  /** The first change of the last transaction, if it is known. */
  private @Nullable Change first;

  /** True if that transaction certainly came for the first time. */
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
   * Adds the next changes, once.
   *
   * @param newestOfThem the result of {@link #newest} for them
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

  /** Counts the changes that continue the last transaction and do not begin it again. */
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

  /** Tells whether the target has seen all of these changes, which are not added yet. */
  boolean holds(List<Change> next) {
    return newest(next) <= until;
  }

  /** The same for any of them. */
  boolean holdsAny(List<Change> next) {
    return next.stream().anyMatch(change -> change.committedAtMicros() <= until);
  }

  /** Returns true for a change that a snapshot may hold, or that was applied before a set-back. */
  boolean isAheadOf(Change change) {
    return change.committedAtMicros() <= overlapping;
  }

  /** Number of those changes, from the first on, that may be repetitions. */
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
   * The changes, by their index, that may find rows missing: they are in the target already, or may
   * be in the snapshot with which it began. All others must find theirs.
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
      if (i >= goingOn && change.committedAtMicros() <= Math.max(known, overlapping)) {
        mayMiss.set(i);
      }
      newestYet = Math.max(newestYet, change.committedAtMicros());
      lsnYet = change.lsn();
    }
    return mayMiss;
  }

  /** Tells whether all of those changes come for the first time, and must find their rows. */
  boolean areNew() {
    return manners().stream().allMatch(ReplayMode.USUAL::equals);
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
      manners.add(ReplayMode.of(again, again == Again.YES || mayMiss.get(i)));
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

  /** All added changes have been committed. */
  void committed() {
    until = newest;
    changes = List.of();
  }

  /** The time to store if the target is ahead of its position; null if it is not. */
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
