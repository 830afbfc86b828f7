package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.group.Group;
import dev.creek.consumer.stream.group.Groups;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The place of a table in its group, and whether it may take it. Thread-safe. */
final class GroupPlace {
  private final SourceTable source;
  private final Groups groups;
  private final @Nullable TableGroup of;

  /** Up to this stream sequence the table goes its own way. */
  private volatile long apartUntil;

  /** The time up to which a snapshot had brought the target, if what came again is read. */
  private volatile @Nullable Instant passedAhead;

  /**
   * @param of null if the table is applied alone
   */
  GroupPlace(SourceTable source, Groups groups, @Nullable TableGroup of) {
    this.source = source;
    this.groups = groups;
    this.of = of;
  }

  boolean isIn(Optional<TableGroup> group) {
    return group.equals(Optional.ofNullable(of));
  }

  /**
   * The first members of a group wait for others that begin with them.
   *
   * @param hurry ends the table's pause
   */
  void expect(Runnable hurry) {
    Group group = groups.of(of);
    if (group != null) {
      group.expect(source, hurry);
    }
  }

  /** The group if the table could be applied with others from here on; otherwise null. */
  @Nullable Group from(Claim claim, LogState log, StartAt start) {
    Group group = groups.of(of);
    long first =
        Math.max(1, start instanceof StartAt.Sequence from ? from.first() : log.firstSequence());
    return group != null
            && first > apartUntil
            && isPlain(claim, log, first)
            && group.admits(source, log, start)
        ? group
        : null;
  }

  /** Tells whether none of the changes from here on can be in the target already. */
  private boolean isPlain(Claim claim, LogState log, long first) {
    Horizon horizon = claim.horizon();
    return (horizon == null || first > horizon.through())
        && (claim.aheadUntil() == null || hasPassed(claim.aheadUntil()) || isAtEnd(log, first));
  }

  private boolean hasPassed(Instant ahead) {
    Instant passed = passedAhead;
    return passed != null && !ahead.isAfter(passed);
  }

  /**
   * Nothing is left to be read under this claim. In a quiet database this may be so for a long
   * time, in which no change would show it.
   */
  private static boolean isAtEnd(LogState log, long first) {
    return first > log.lastSequence();
  }

  /** All changes were read that the stream held when reading under this claim began. */
  void hasPassedSnapshot(Claim claim) {
    passedAhead = claim.aheadUntil();
  }

  /** The table goes its own way, at least up to this stream sequence. */
  void goesApart(long until) {
    apartUntil = until;
  }

  /** Its rows may need rows that come with others: it may join again where it is. */
  void mayJoin() {
    apartUntil = 0;
  }
}
