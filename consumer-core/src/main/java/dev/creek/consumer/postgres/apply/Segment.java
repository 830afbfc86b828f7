package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Successive changes that are applied one by one in the same manner.
 *
 * @param changes at least one
 */
record Segment(List<Change> changes, ReplayMode manner) {

  /**
   * Divides a writer's last batch of changes.
   *
   * @param kept those of them that are applied, in the same order
   */
  static List<Segment> of(List<Change> changes, List<Change> kept, ReplayWindow seen) {
    List<ReplayMode> manners = seen.manners();
    List<Segment> segments = new ArrayList<>();
    int begin = 0;
    ReplayMode manner = ReplayMode.USUAL;
    int next = 0;
    for (int i = 0; i < changes.size() && next < kept.size(); i++) {
      if (isSame(changes.get(i), kept.get(next))) {
        ReplayMode its = manners.get(i);
        if (!its.equals(manner) && next > begin) {
          segments.add(new Segment(kept.subList(begin, next), manner));
          begin = next;
        }
        manner = its;
        next++;
      }
    }
    if (next > begin) {
      segments.add(new Segment(kept.subList(begin, next), manner));
    }
    return segments;
  }

  private static boolean isSame(Change one, Change other) {
    return one.sequence() == other.sequence();
  }

  Iterator<Step> steps(TablePlan plan) {
    return plan.changes().unfolded(changes).iterator();
  }

  /**
   * The only step, if its row must exist and it can be run {@linkplain OrderedChanges#runAlone
   * alone}; otherwise null.
   */
  @Nullable Step onlyStep(TablePlan plan) {
    Iterator<Step> steps = steps(plan);
    Step first = steps.next();
    boolean alone =
        !steps.hasNext()
            && plan.runsAlone(first)
            && (first instanceof Step.Insert || !manner.maybeMissing());
    return alone ? first : null;
  }

  /** Applies all of them. */
  static Mono<Discrepancies> run(Session session, TablePlan plan, List<Segment> segments) {
    var steps = new OrderedChanges(session, plan);
    return Flux.fromIterable(segments)
        .concatMap(segment -> steps.run(segment.steps(plan), segment.manner()), 0)
        .reduce(Discrepancies.NONE, Discrepancies::plus);
  }
}
