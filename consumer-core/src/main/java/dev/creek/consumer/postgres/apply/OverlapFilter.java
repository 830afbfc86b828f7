package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.HorizonSql;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.RowImage;
import dev.creek.consumer.row.RowImages;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Leaves out, for a table without a key, what its target holds already of changes that are read
 * again: behind a snapshot, and behind a position that is only a time. What the {@link Horizon}
 * cannot tell, {@link SnapshotBoundary} does by the rows that are there; what remains is told by a
 * mark.
 *
 * <p>Behind that nothing is done any more but to compare a time with each change's. Not
 * thread-safe, and of no more use where a transaction was rolled back.
 */
final class OverlapFilter {
  private static final Logger log = LoggerFactory.getLogger(OverlapFilter.class);

  /** So many rows that were written since tell nothing of those before; beyond, none does. */
  private static final int MAX_WRITTEN = 100_000;

  private final PositionSql position;
  private @Nullable Horizon horizon;

  /** Whether what is known differs from what is stored. */
  private boolean unsaved;

  /** Whether rows of the target still tell what it held. */
  private boolean rowsTell;

  /** Rows that were written, or taken away, behind the horizon. */
  private final Set<RowImage> written = new HashSet<>();

  /** Of the transaction that a batch ended in. */
  private @Nullable Change last;

  private boolean lastHeld;

  /** Of the transactions that were taken for missing: the earliest commit time. */
  private long missingSinceMicros = Long.MAX_VALUE;

  /** The first of them in the stream. */
  private long missingFrom = Long.MAX_VALUE;

  OverlapFilter(PositionSql position, Claim claim) {
    this.position = position;
    this.horizon = claim.horizon();
    // What is only a position is known from the claim, and stored with the first that goes on from
    // it.
    this.unsaved = horizon != null && horizon.kind() == Horizon.Kind.POSITION;
    this.rowsTell =
        horizon != null
            && (horizon.kind() == Horizon.Kind.POSITION
                || horizon.from() == claim.position().sequence());
  }

  /** Changes that the target holds all, or lacks all, as far as is known. */
  private static final class Group {
    private final List<Change> changes = new ArrayList<>();
    private Judgement judgement = Judgement.MISSING;
  }

  /** What to store with the position, as a part of its update; null leaves what is stored. */
  @Nullable String assignments() {
    return unsaved ? HorizonSql.assignments(horizon) : null;
  }

  /** What {@link #assignments} said has been committed. */
  void saved() {
    unsaved = false;
  }

  /** Whether to tell these changes apart needs a look at the target. */
  boolean isInDoubt(List<Change> changes) {
    Horizon known = horizon;
    return known != null
        && !arePassed(known, changes)
        && groups(known, changes).stream().anyMatch(group -> !group.judgement.certain());
  }

  private static boolean arePassed(Horizon known, List<Change> changes) {
    for (int i = 0; i < changes.size(); i++) {
      if (!known.isPassedBy(changes.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Those that the target lacks, where none is in doubt. */
  List<Change> missing(List<Change> changes, RowImages images) {
    Horizon known = horizon;
    if (known == null) {
      return changes;
    }
    if (arePassed(known, changes)) {
      rowsTell = false;
      written.clear();
      last = null;
      missingSinceMicros = Long.MAX_VALUE;
      missingFrom = Long.MAX_VALUE;
      settle(known);
      return changes;
    }
    return taken(known, groups(known, changes), images);
  }

  /**
   * The same where some are.
   *
   * @param session with a transaction that holds the fence and nothing of these changes
   */
  Mono<List<Change>> missing(
      Session session, List<Change> changes, CatalogTable target, RowImages images) {
    Horizon known = Objects.requireNonNull(horizon);
    List<Group> groups = groups(known, changes);
    int first = 0;
    while (groups.get(first).judgement.certain()) {
      first++;
    }
    int end = groups.size();
    while (groups.get(end - 1).judgement.certain()) {
      end--;
    }
    List<Group> doubtful = groups.subList(first, end);
    return decided(session, doubtful, new EqualRows(target, images), images)
        .delayUntil(outcome -> marked(session, outcome, doubtful))
        .map(
            outcome -> {
              for (int i = 0; i < doubtful.size(); i++) {
                Group group = doubtful.get(i);
                if (!group.judgement.certain()) {
                  group.judgement = i < outcome.held() ? Judgement.HELD : Judgement.MISSING;
                }
              }
              return taken(known, groups, images);
            });
  }

  /** A group that a batch before this one began keeps what was decided then. */
  private List<Group> groups(Horizon known, List<Change> changes) {
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

  /** Others may have stopped in the middle of a transaction. */
  private static boolean goesOn(Horizon known, Change before, Change change) {
    return known.kind() == Horizon.Kind.SNAPSHOT && before.sameTransaction(change);
  }

  private Mono<SnapshotBoundary.Outcome> decided(
      Session session, List<Group> doubtful, EqualRows equal, RowImages images) {
    Set<RowImage> rows = new HashSet<>();
    List<SnapshotBoundary.Unit> units = new ArrayList<>();
    for (Group group : doubtful) {
      Map<RowImage, Integer> effects = effects(group, images);
      rows.addAll(effects.keySet());
      units.add(new SnapshotBoundary.Unit(effects, group.judgement));
    }
    if (!rowsTell || doubtful.stream().anyMatch(OverlapFilter::truncates)) {
      return Mono.just(SnapshotBoundary.decide(units, null));
    }
    return equal
        .count(session, rows)
        .flatMap(
            counts -> {
              SnapshotBoundary.Outcome outcome = SnapshotBoundary.decide(units, counts);
              return outcome.isProven() && !SnapshotBoundary.hasEqualRows(units, counts, outcome)
                  ? Mono.just(outcome)
                  : equal
                      .distinct(session)
                      .map(there -> SnapshotBoundary.decideDistinct(units, counts, there))
                      .defaultIfEmpty(outcome);
            });
  }

  private static boolean truncates(Group group) {
    return group.changes.stream().anyMatch(change -> change.operation() == Operation.TRUNCATE);
  }

  /** Without rows that were written since: what there is of them now tells nothing. */
  private Map<RowImage, Integer> effects(Group group, RowImages images) {
    Map<RowImage, Integer> effects = new HashMap<>();
    for (Change change : group.changes) {
      RowImage before = images.before(change);
      RowImage after = images.after(change);
      if (before != null) {
        effects.merge(before, -1, Integer::sum);
      }
      if (after != null) {
        effects.merge(after, 1, Integer::sum);
      }
    }
    effects.values().removeIf(by -> by == 0);
    effects.keySet().removeAll(written);
    return effects;
  }

  private Mono<Void> marked(
      Session session, SnapshotBoundary.Outcome outcome, List<Group> doubtful) {
    List<Group> unproven = new ArrayList<>();
    long from = Long.MAX_VALUE;
    for (int i = 0; i < doubtful.size(); i++) {
      Group group = doubtful.get(i);
      boolean contradicts = i < outcome.held() && isBehindMissing(group);
      if (!group.judgement.certain()
          && (contradicts || (i >= outcome.first() && i < outcome.end()))) {
        unproven.add(group);
        from = Math.min(from, contradicts ? missingFrom : group.changes.get(0).sequence());
      }
    }
    if (unproven.isEmpty()) {
      return Mono.empty();
    }
    List<Change> end = unproven.get(unproven.size() - 1).changes;
    String reason =
        "without a key nothing tells whether it holds %d %s at stream sequences %d to %d already, from before %s: their rows may be there twice, or be missing"
            .formatted(
                unproven.size(),
                goesByTransaction() ? "transactions" : "changes",
                from,
                end.get(end.size() - 1).sequence(),
                goesByTransaction() ? "the snapshot" : "this service read on");
    log.atWarn()
        .addKeyValue("table", position.target())
        .log("{} is marked incomplete: {}", position.target(), reason);
    var mark = new Incompleteness(Cause.UNPROVEN, Long.toString(from), reason);
    return session.execute(position.marks().insert(mark, "(select 1) as fence"));
  }

  /**
   * Whether what was taken for missing was committed before this, which is held: then one of both
   * is wrong. What a transaction left may have been taken away by one that came later than its
   * batch.
   */
  private boolean isBehindMissing(Group group) {
    return group.changes.get(0).committedAtMicros() > missingSinceMicros;
  }

  private boolean goesByTransaction() {
    return horizon != null && horizon.kind() == Horizon.Kind.SNAPSHOT;
  }

  private List<Change> taken(Horizon known, List<Group> groups, RowImages images) {
    List<Change> missing = new ArrayList<>();
    for (Group group : groups) {
      if (!group.judgement.held()) {
        Change first = group.changes.get(0);
        missingSinceMicros = Math.min(missingSinceMicros, first.committedAtMicros());
        missingFrom = Math.min(missingFrom, first.sequence());
        missing.addAll(group.changes);
      }
    }
    Group end = groups.get(groups.size() - 1);
    last = end.changes.get(end.changes.size() - 1);
    lastHeld = end.judgement.held();
    if (!missing.isEmpty()) {
      settle(known);
      note(missing, images);
    }
    return missing;
  }

  /** Behind the first change that was missing all are. */
  private void settle(Horizon known) {
    if (known.kind() == Horizon.Kind.POSITION) {
      horizon = null;
      unsaved = true;
    }
  }

  private void note(List<Change> changes, RowImages images) {
    for (int i = 0; rowsTell && i < changes.size(); i++) {
      RowImage before = images.before(changes.get(i));
      RowImage after = images.after(changes.get(i));
      if (before != null) {
        written.add(before);
      }
      if (after != null) {
        written.add(after);
      }
      rowsTell = written.size() < MAX_WRITTEN && changes.get(i).operation() != Operation.TRUNCATE;
    }
    if (!rowsTell) {
      written.clear();
    }
  }
}
