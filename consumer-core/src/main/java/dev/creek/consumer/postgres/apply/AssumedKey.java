package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.wire.Change;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Changes that come for the first time, for a table whose key is only assumed: with REPLICA
 * IDENTITY FULL or NOTHING, or if the target treats more values as equal. As long as no new row has
 * the key of an existing one, the key keeps the source's rows apart, and they are written by it
 * like others. A new row with an existing key stops the table. For one batch, inside its
 * transaction.
 *
 * <p>An existing row may be about to make room. So if one is found, the changes are applied one by
 * one, each with its own check.
 */
final class AssumedKey {
  private final TablePlan plan;
  private final ChangePlan changes;
  private final List<Change> batch;
  private final RowsThere there;

  AssumedKey(TablePlan plan, List<Change> batch) {
    this.plan = plan;
    this.changes = plan.changes();
    this.batch = batch;
    this.there = new RowsThere(plan);
  }

  /**
   * Writes them.
   *
   * @param together writes the batch at once, or change by change if required
   */
  Mono<Discrepancies> write(Session session, UnaryOperator<Mono<Discrepancies>> together) {
    Mono<Discrepancies> oneByOne = Mono.defer(() -> oneByOne(session));
    return Mono.fromCallable(() -> changes.arrivals(batch))
        .flatMap(arrivals -> there.any(session, arrivals))
        .flatMap(met -> met ? oneByOne : together.apply(oneByOne));
  }

  private Mono<Discrepancies> oneByOne(Session session) {
    return Flux.fromIterable(batch)
        .concatMap(change -> one(session, change), 0)
        .reduce(Discrepancies.NONE, Discrepancies::plus);
  }

  private Mono<Discrepancies> one(Session session, Change change) {
    List<Change> alone = List.of(change);
    RowColumns arrivals = changes.arrivals(alone);
    Mono<Void> requireFree =
        Mono.defer(() -> there.any(session, arrivals))
            .flatMap(met -> met ? Mono.error(changes.secondRow(change.sequence())) : Mono.empty());
    var steps = new OrderedChanges(session, plan);
    return Flux.fromIterable(changes.unfolded(alone))
        .concatMap(step -> steps.runWhereFree(step, requireFree), 0)
        .reduce(Discrepancies.NONE, Discrepancies::plus);
  }
}
