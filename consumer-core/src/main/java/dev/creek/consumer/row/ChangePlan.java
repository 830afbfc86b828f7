package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The plan for writing changes of one wire schema into one target table. Immutable and thread-safe.
 */
public final class ChangePlan {
  private final WalSchema schema;
  private final RowPlan rows;
  private final ImageKeys images;
  private final List<SchemaDifference> tolerated;

  /** Buffers of the last fold, for the next one; a fold that runs beside another makes its own. */
  private final AtomicReference<@Nullable Folding> spare = new AtomicReference<>();

  ChangePlan(WalSchema schema, RowPlan rows, ImageKeys images, List<SchemaDifference> tolerated) {
    this.schema = schema;
    this.rows = rows;
    this.images = images;
    this.tolerated = tolerated;
  }

  /**
   * Compiles a plan.
   *
   * @throws ShapeMismatchException if the target lacks a column, has a column whose type cannot
   *     hold every value of the source's, or a NOT NULL column without a value from the source. It
   *     names every such column, and its hint every statement that fixes them
   */
  public static ChangePlan of(WalSchema schema, TargetShape target) {
    return of(schema, target, Misfits.STOP);
  }

  /**
   * The same.
   *
   * @param misfits what is done with columns that do not fit
   */
  public static ChangePlan of(WalSchema schema, TargetShape target, Misfits misfits) {
    return new PlanCompiler(schema.after(), target, misfits).changes(schema);
  }

  /** Differences between source and target with which changes can be applied nevertheless. */
  public List<SchemaDifference> tolerated() {
    return tolerated;
  }

  /** The plan for turning after images into rows. */
  public RowPlan rows() {
    return rows;
  }

  /** The unique key that upserts conflict on; null if rows are matched by value ("no key"). */
  public @Nullable UniqueKey key() {
    return rows.key();
  }

  /** As {@link RowPlan#assumesKey()}. */
  public boolean assumesKey() {
    return rows.assumesKey();
  }

  /**
   * Keys of rows that these changes create, by an insert or a change of key, if that is the first
   * thing that happens to the key. None of these rows may exist, unless changes are applied again.
   * Only with a {@link #key()}.
   *
   * @param changes changes of this plan's schema, in stream order
   * @return their {@link #keyColumns()}
   * @throws ShapeMismatchException if a row is created whose key these changes have created
   *     already: the key does not keep the source's rows apart
   */
  public RowColumns arrivals(List<Change> changes) {
    check(changes);
    return new Arrivals(images).of(changes);
  }

  /**
   * The error for a row that exists although its key is among the {@link #arrivals}.
   *
   * @param sequence of the change that creates it again
   */
  public ShapeMismatchException secondRow(long sequence) {
    return images.secondRow(sequence);
  }

  /**
   * Written columns, in the order of {@link FoldedChanges#inserts()} and {@link
   * Step.Insert#rows()}.
   */
  public List<PlanColumn> columns() {
    return rows.columns();
  }

  /**
   * Columns that find a row, in the order of {@link FoldedChanges#deletes()} and {@link
   * Step.Delete#key()}: those of the {@link #key()}, otherwise those of the before image. Empty if
   * only inserts can come.
   */
  public List<PlanColumn> keyColumns() {
    return images.columns();
  }

  /** Those of the {@link #columns()} that have these names, in their order. */
  public List<PlanColumn> columns(Set<String> names) {
    return rows.only(names).columns();
  }

  /**
   * Finds out which rows depend on each other's order. Only with a {@link #key()}.
   *
   * @param changes changes of this plan's schema, in stream order, without a TRUNCATE
   */
  public EntangledRows entangled(List<Change> changes) {
    check(changes);
    return new EntangledRows(changes, images, rows);
  }

  /** A new reader of changes' rows as values. */
  public RowImages images() {
    return new RowImages(rows, images);
  }

  /**
   * Tells whether a row can get another key, or other values, by an UPDATE. An identity column
   * GENERATED ALWAYS rules that out, because PostgreSQL does not allow to update it.
   */
  public boolean updatesInPlace() {
    return !rows.overridesIdentity();
  }

  /**
   * Folds a batch: for each key only the final result remains. Only with a {@link #key()}.
   *
   * <p>Keys are compared by their bytes, which are equal wherever the source's keys are. If the
   * target's equality is coarser (citext, -0 and 0, jsonb), a key that was replaced by an equal one
   * is both deleted and inserted. This is correct as long as deletes go first.
   *
   * @param changes changes of this plan's schema, in stream order
   * @throws dev.creek.consumer.api.MessageException if a row cannot be decoded, naming its sequence
   *     and column
   * @throws ShapeMismatchException if a key has a NULL: it could never be found again
   * @throws IllegalStateException without a key
   */
  public FoldedChanges fold(List<Change> changes) {
    return fold(changes, Integer.MAX_VALUE);
  }

  /**
   * The same, with the rows prepared for COPY if possible: if the batch amounts only to rows that
   * should be new, and they {@linkplain RowPlan#isCopyable() can be copied}.
   *
   * @param copiedFrom smallest number of rows for COPY
   */
  public FoldedChanges fold(List<Change> changes, int copiedFrom) {
    if (rows.key() == null) {
      throw new IllegalStateException("rows without a key cannot be folded");
    }
    check(changes);
    Folding kept = spare.getAndSet(null);
    Folding folding = kept == null ? new Folding(images, rows) : kept;
    FoldedChanges folded =
        folding.fold(changes, rows.isCopyable() ? copiedFrom : Integer.MAX_VALUE);
    if (!folding.tooLargeToKeep()) {
      spare.set(folding);
    }
    return folded;
  }

  /**
   * The batch change by change, lazily, in source order. Every iterator begins anew; its {@code
   * next} throws the errors of {@link #fold}.
   *
   * @param changes changes of this plan's schema, in stream order
   */
  public Iterable<Step> unfolded(List<Change> changes) {
    check(changes);
    return () -> new UnfoldedSteps(changes, rows, images);
  }

  /** Bytes of one schema, read by another schema's plan, could pass for values. */
  @SuppressWarnings(
      "ReferenceEquality") // equality is settled once an instance: it walks the fields
  private void check(List<Change> changes) {
    WalSchema known = schema;
    for (int i = 0; i < changes.size(); i++) {
      WalSchema of = changes.get(i).schema();
      if (of == known) {
        continue;
      }
      if (!of.before().equals(schema.before()) || !of.after().equals(schema.after())) {
        throw new IllegalArgumentException(
            "message at sequence " + changes.get(i).sequence() + ": not of the plan's schema");
      }
      known = of;
    }
  }
}
