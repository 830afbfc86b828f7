package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.apply.PostgresTableWriter.Ready;
import dev.creek.consumer.postgres.apply.PostgresTableWriter.Unfit;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.schema.SchemaChanges;
import dev.creek.consumer.row.SchemaPlan;
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
  private final SchemaChanges schemaChanges;
  private final Map<Fingerprint, TablePlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable CatalogTable target;

  /** The target since this writer has altered it; null if it has not. */
  private volatile @Nullable CatalogTable current;

  /**
   * Knows no plan yet.
   *
   * @param mayCopy whether to prepare rows for COPY
   * @param changes what is done if the target does not fit
   */
  BatchPreparation(
      ManyTables many,
      TableHints hints,
      PositionSql position,
      Claim claim,
      BooleanSupplier mayCopy,
      SchemaChanges changes) {
    this.many = many;
    this.claim = claim;
    this.hints = hints;
    this.position = position;
    this.horizon = claim.horizon();
    this.mayCopy = mayCopy;
    this.schemaChanges = changes;
  }

  /**
   * The batch, folded, or with the reason why it cannot be until the target has been altered.
   * Errors with {@link ShapeMismatchException} if that does not help.
   */
  Mono<Ready> prepared(Batch given) {
    Batch batch = withoutHeld(given);
    if (batch.changes().isEmpty()) {
      return Mono.just(Ready.empty(batch));
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
        return Ready.empty(batch);
      }
      return unfit(batch, e);
    }
    if (plan.changes().tolerated().stream().anyMatch(it -> schemaChanges.ends(List.of(it)))) {
      return new Ready(batch, known, null, null, new Unfit(List.of()));
    }
    try {
      return new Ready(
          batch,
          known,
          plan,
          plan.hasKey() ? FoldedBatch.of(plan, changes, mayCopy.getAsBoolean()) : null,
          null);
    } catch (ShapeMismatchException e) {
      if (schemaChanges.ends(e.differences())) {
        return unfit(batch, e);
      }
      throw e;
    }
  }

  /** The writer decides, when everything before has been written. */
  private static Ready unfit(Batch batch, ShapeMismatchException e) {
    if (e.differences().isEmpty()) {
      throw e;
    }
    return new Ready(
        batch,
        null,
        null,
        null,
        new Unfit(e.differences().stream().map(SchemaDifference::column).toList()));
  }

  /**
   * The same batch after the target has been altered. Batches that were prepared before are
   * prepared again.
   */
  Ready afterwards(Batch batch, CatalogTable altered) {
    target = altered;
    current = altered;
    plans.clear();
    return guarded(batch, altered);
  }

  /** The batch, prepared for the target as it is now. */
  Mono<Ready> renewed(Ready ready) {
    CatalogTable altered = current;
    return altered == null || ready.target() == null || isOf(ready, altered)
        ? Mono.just(ready)
        : Mono.fromCallable(() -> guarded(ready.batch(), altered));
  }

  @SuppressWarnings("ReferenceEquality")
  private static boolean isOf(Ready ready, CatalogTable known) {
    return ready.target() == known;
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
      var compiled =
          new TablePlan(schema, known, position, SchemaPlan.misfits(schemaChanges.policy()));
      plans.put(schema.fingerprint(), compiled);
      schemaChanges.reportLeftOut(compiled.changes().tolerated());
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
