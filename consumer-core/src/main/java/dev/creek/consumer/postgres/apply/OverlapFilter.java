package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.postgres.apply.ChangeGroups.Group;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.HorizonSql;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.RowImage;
import dev.creek.consumer.row.RowImages;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.util.ArrayList;
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
 * Leaves out, for a table without a key, changes that its target already holds when they are read
 * again: after a snapshot, and after a position that is only a time. If the {@link Horizon} does
 * not decide, {@link SnapshotBoundary} does by the existing rows; the remaining doubt is reported
 * by a mark.
 *
 * <p>After that it only compares a time with each change's. Not thread-safe, and it cannot be used
 * any more after a rollback.
 */
final class OverlapFilter {
  private static final Logger log = LoggerFactory.getLogger(OverlapFilter.class);

  private final PositionSql position;
  private @Nullable Horizon horizon;

  /** True if the known state differs from the stored one. */
  private boolean unsaved;

  private final WrittenRows written;
  private final ChangeGroups groups = new ChangeGroups();

  /** The earliest commit time of the transactions that were regarded as missing. */
  private long missingSinceMicros = Long.MAX_VALUE;

  /** The first of them in the stream. */
  private long missingFrom = Long.MAX_VALUE;

  OverlapFilter(PositionSql position, Claim claim) {
    this.position = position;
    this.horizon = claim.horizon();
    // A horizon that is only a position comes from the claim, and is stored with the first position
    // after it.
    this.unsaved = horizon != null && horizon.kind() == Horizon.Kind.POSITION;
    this.written =
        new WrittenRows(
            horizon != null
                && (horizon.kind() == Horizon.Kind.POSITION
                    || horizon.from() == claim.position().sequence()));
  }

  /** The part of the position's update that stores the state; null leaves the stored one. */
  @Nullable String assignments() {
    return unsaved ? HorizonSql.assignments(horizon) : null;
  }

  /** The state of {@link #assignments} has been committed. */
  void saved() {
    unsaved = false;
  }

  /** Tells whether separating these changes needs a look at the target. */
  boolean isInDoubt(List<Change> changes) {
    Horizon known = horizon;
    return known != null
        && !arePassed(known, changes)
        && groups.of(known, changes).stream().anyMatch(group -> !group.judgement().certain());
  }

  private static boolean arePassed(Horizon known, List<Change> changes) {
    for (int i = 0; i < changes.size(); i++) {
      if (!known.isPassedBy(changes.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The changes that the target lacks, if none is in doubt. */
  List<Change> missing(List<Change> changes, RowImages images) {
    Horizon known = horizon;
    if (known == null) {
      return changes;
    }
    if (arePassed(known, changes)) {
      written.forget();
      groups.forget();
      missingSinceMicros = Long.MAX_VALUE;
      missingFrom = Long.MAX_VALUE;
      settle(known);
      return changes;
    }
    return taken(known, groups.of(known, changes), images);
  }

  /**
   * The same if some are.
   *
   * @param session with a transaction that holds the fence and nothing of these changes
   */
  Mono<List<Change>> missing(
      Session session, List<Change> changes, CatalogTable target, RowImages images) {
    Horizon known = Objects.requireNonNull(horizon);
    List<Group> all = groups.of(known, changes);
    int first = 0;
    while (all.get(first).judgement().certain()) {
      first++;
    }
    int end = all.size();
    while (all.get(end - 1).judgement().certain()) {
      end--;
    }
    List<Group> doubtful = all.subList(first, end);
    return decided(session, doubtful, new EqualRows(target, images), images)
        .delayUntil(outcome -> marked(session, outcome, doubtful))
        .map(
            outcome -> {
              for (int i = 0; i < doubtful.size(); i++) {
                doubtful.get(i).decide(i < outcome.held());
              }
              return taken(known, all, images);
            });
  }

  private Mono<SnapshotBoundary.Outcome> decided(
      Session session, List<Group> doubtful, EqualRows equal, RowImages images) {
    Set<RowImage> rows = new HashSet<>();
    List<SnapshotBoundary.Unit> units = new ArrayList<>();
    for (Group group : doubtful) {
      Map<RowImage, Integer> effects = written.effects(group.changes(), images);
      rows.addAll(effects.keySet());
      units.add(new SnapshotBoundary.Unit(effects, group.judgement()));
    }
    if (!written.othersTell() || doubtful.stream().anyMatch(OverlapFilter::truncates)) {
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
    return group.changes().stream().anyMatch(change -> change.operation() == Operation.TRUNCATE);
  }

  private Mono<Void> marked(
      Session session, SnapshotBoundary.Outcome outcome, List<Group> doubtful) {
    List<Group> unproven = new ArrayList<>();
    long from = Long.MAX_VALUE;
    for (int i = 0; i < doubtful.size(); i++) {
      Group group = doubtful.get(i);
      boolean contradicts = i < outcome.held() && isBehindMissing(group);
      if (!group.judgement().certain()
          && (contradicts || (i >= outcome.first() && i < outcome.end()))) {
        unproven.add(group);
        from = Math.min(from, contradicts ? missingFrom : group.first().sequence());
      }
    }
    if (unproven.isEmpty()) {
      return Mono.empty();
    }
    Change end = unproven.get(unproven.size() - 1).last();
    String reason =
        "without a key it is not known whether the table already holds %d %s at stream sequences %d to %d, from before %s: their rows may be there twice, or be missing"
            .formatted(
                unproven.size(),
                goesByTransaction() ? "transactions" : "changes",
                from,
                end.sequence(),
                goesByTransaction() ? "the snapshot" : "this service read on");
    log.atWarn()
        .addKeyValue("table", position.target())
        .log("{} is marked incomplete: {}", position.target(), reason);
    var mark = new Incompleteness(Cause.UNPROVEN, Long.toString(from), reason);
    return session.execute(position.marks().insert(mark, "(select 1) as fence"));
  }

  /**
   * Tells whether a transaction that was regarded as missing was committed before this one, which
   * is held: then one of the two is wrong. The rows of a transaction may have been removed by one
   * that came later than its batch.
   */
  private boolean isBehindMissing(Group group) {
    return group.first().committedAtMicros() > missingSinceMicros;
  }

  private boolean goesByTransaction() {
    return horizon != null && horizon.kind() == Horizon.Kind.SNAPSHOT;
  }

  private List<Change> taken(Horizon known, List<Group> all, RowImages images) {
    List<Change> missing = new ArrayList<>();
    for (Group group : all) {
      if (!group.judgement().held()) {
        Change first = group.first();
        missingSinceMicros = Math.min(missingSinceMicros, first.committedAtMicros());
        missingFrom = Math.min(missingFrom, first.sequence());
        missing.addAll(group.changes());
      }
    }
    groups.endedIn(all.get(all.size() - 1));
    if (!missing.isEmpty()) {
      settle(known);
      written.add(missing, images);
    }
    return missing;
  }

  /** After the first missing change all are missing. */
  private void settle(Horizon known) {
    if (known.kind() == Horizon.Kind.POSITION) {
      horizon = null;
      unsaved = true;
    }
  }
}
