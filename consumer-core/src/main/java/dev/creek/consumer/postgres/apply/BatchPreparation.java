package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.apply.PostgresTableWriter.Ready;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Prepares one table's batches: reads the target's definition once, keeps a plan for each of the
 * source's schemas, and folds the changes. It writes nothing, so it may run beside the write of the
 * batch before.
 */
final class BatchPreparation {
  private final ManyTables many;
  private final Claim claim;
  private final TableHints hints;
  private final PositionSql position;

  /** The contents of the last snapshot that replaced all rows; null if there was none. */
  private final @Nullable Horizon horizon;

  private final BooleanSupplier mayCopy;
  private final Map<Fingerprint, TablePlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable CatalogTable target;

  /**
   * Knows no plan yet.
   *
   * @param mayCopy whether to prepare rows for COPY
   */
  BatchPreparation(
      ManyTables many,
      TableHints hints,
      PositionSql position,
      Claim claim,
      BooleanSupplier mayCopy) {
    this.many = many;
    this.claim = claim;
    this.hints = hints;
    this.position = position;
    this.horizon = claim.horizon();
    this.mayCopy = mayCopy;
  }

  /** The batch, folded; errors with {@link ShapeMismatchException} if the target does not fit. */
  Mono<Ready> prepared(Batch given) {
    Batch batch = withoutHeld(given);
    if (batch.changes().isEmpty()) {
      return Mono.just(new Ready(batch, null, null, null));
    }
    CatalogTable known = target;
    return known == null
        ? readTarget().map(found -> guarded(batch, found))
        : Mono.fromCallable(() -> guarded(batch, known));
  }

  /**
   * Changes that a snapshot certainly holds need no row, whatever the target's columns are by now.
   */
  private Batch withoutHeld(Batch batch) {
    Horizon known = horizon;
    List<Change> changes = batch.changes();
    if (known == null || changes.isEmpty() || changes.get(0).sequence() > known.through()) {
      return batch;
    }
    List<Change> missing = changes.stream().filter(change -> !known.proves(change)).toList();
    return new Batch(missing, batch.bytes(), batch.endsTransaction(), batch.position());
  }

  private Ready guarded(Batch batch, CatalogTable known) {
    return OutOfMemoryException.guard("prepare a batch", () -> ready(batch, known));
  }

  private Mono<CatalogTable> readTarget() {
    return many.definition(claim)
        .switchIfEmpty(Mono.error(hints::missing))
        .map(CatalogTable::requireVisible)
        .doOnNext(found -> target = found);
  }

  private Ready ready(Batch batch, CatalogTable known) {
    List<Change> changes = batch.changes();
    TablePlan plan;
    try {
      plan = plan(changes.get(0).schema(), known);
    } catch (ShapeMismatchException e) {
      if (areOfOlderSchema(changes)) {
        return new Ready(batch, null, null, null);
      }
      throw e;
    }
    return new Ready(
        batch,
        known,
        plan,
        plan.hasKey() ? FoldedBatch.of(plan, changes, mayCopy.getAsBoolean()) : null);
  }

  private boolean areOfOlderSchema(List<Change> changes) {
    Horizon known = horizon;
    return known != null && changes.stream().allMatch(known::isOfOlderSchema);
  }

  private TablePlan plan(WalSchema schema, CatalogTable known) {
    TablePlan plan = plans.get(schema.fingerprint());
    // A fingerprint is not unique.
    if (plan != null && plan.schema().equals(schema)) {
      return plan;
    }
    try {
      var compiled = new TablePlan(schema, known, position);
      plans.put(schema.fingerprint(), compiled);
      return compiled;
    } catch (ShapeMismatchException e) {
      // The user will probably change the table.
      target = null;
      throw e;
    }
  }

  /** The id of the target; null if it is not known yet. */
  @Nullable Long targetId() {
    CatalogTable known = target;
    return known == null ? null : known.oid();
  }
}
