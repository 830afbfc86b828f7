package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Divides batches into groups of changes of which a target holds all or none: source transactions
 * behind a snapshot, else single changes. Not thread-safe.
 */
final class ChangeGroups {
  /** Last change of the group in which a batch ended. */
  private @Nullable Change last;

  private boolean lastHeld;

  /** Changes of which the target holds all or none, as far as is known. */
  static final class Group {
    private final List<Change> changes = new ArrayList<>();
    private Judgement judgement = Judgement.MISSING;

    private Group() {}

    List<Change> changes() {
      return changes;
    }

    Change first() {
      return changes.get(0);
    }

    Change last() {
      return changes.get(changes.size() - 1);
    }

    Judgement judgement() {
      return judgement;
    }

    /** Decides what is in doubt; a certain judgement stays. */
    void decide(boolean held) {
      if (!judgement.certain()) {
        judgement = held ? Judgement.HELD : Judgement.MISSING;
      }
    }
  }

  /** The groups; a group that an earlier batch began keeps the decision made then. */
  List<Group> of(Horizon known, List<Change> changes) {
    List<Group> groups = new ArrayList<>();
    Change before = last;
    boolean decided = false;
    for (Change change : changes) {
      boolean goesOn = before != null && goesOn(known, before, change);
      if (groups.isEmpty() || !goesOn) {
        decided = groups.isEmpty() && goesOn;
        groups.add(new Group());
      }
      Group group = groups.get(groups.size() - 1);
      group.changes.add(change);
      if (!decided) {
        group.judgement = known.judge(change);
      } else {
        group.judgement = lastHeld ? Judgement.HELD : Judgement.MISSING;
      }
      before = change;
    }
    return groups;
  }

  /**
   * Tells whether the group continues: a reader before this one may have stopped in the middle of a
   * transaction.
   */
  private static boolean goesOn(Horizon known, Change before, Change change) {
    return known.kind() == Horizon.Kind.SNAPSHOT && before.sameTransaction(change);
  }

  /** A batch ended in this group. */
  void endedIn(Group group) {
    last = group.last();
    lastHeld = group.judgement.held();
  }

  /** A batch ended in a change that no horizon concerns. */
  void forget() {
    last = null;
  }
}
