package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.wire.Change;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Changes that come again and are older than a column that the target has been filled with since.
 * Where they take a row away, those that bring it back do so without that column's value: nothing
 * that comes later tells it, if it is a default that the source gave to rows that were there.
 */
final class OlderSchemas {
  private final KnownTarget known;

  OlderSchemas(KnownTarget known) {
    this.known = known;
  }

  /**
   * The marks that changes are to leave; to be asked before they are written. One round trip, and
   * one for each delete where columns are lacking.
   */
  Mono<List<Incompleteness>> marks(Session session, TablePlan plan, List<Change> changes) {
    return known
        .lacking(session, plan.carried())
        .map(OlderSchemas::lost)
        .collectList()
        .filter(marks -> !marks.isEmpty())
        .filterWhen(marks -> mayTakeRows(session, plan, changes));
  }

  private static Mono<Boolean> mayTakeRows(Session session, TablePlan plan, List<Change> changes) {
    var there = new RowsThere(plan);
    return plan.rows().makesRoom()
        ? Mono.just(true)
        : Flux.fromIterable(plan.changes().unfolded(changes))
            .concatMap(step -> takesRow(session, there, step), 0)
            .any(takes -> takes);
  }

  private static Mono<Boolean> takesRow(Session session, RowsThere there, Step step) {
    return step instanceof Step.Delete delete
        ? there.any(session, delete.key())
        : Mono.just(step instanceof Step.Truncate || step instanceof Step.Replace);
  }

  private static Incompleteness lost(String column) {
    return new Incompleteness(
        Cause.COLUMN,
        column,
        "changes from before column \"%s\" came to the source were applied again: rows that they deleted and brought back are without its values"
            .formatted(column));
  }
}
