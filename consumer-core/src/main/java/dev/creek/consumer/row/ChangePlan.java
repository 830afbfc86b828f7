package dev.creek.consumer.row;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How changes of one wire schema go into one target table. Immutable and thread-safe. */
public final class ChangePlan {
  private final WalSchema schema;
  private final RowPlan rows;
  private final ImageKeys images;

  /** What the last fold left to the next one; a fold that runs beside another makes its own. */
  private final AtomicReference<@Nullable Folding> spare = new AtomicReference<>();

  ChangePlan(WalSchema schema, RowPlan rows, ImageKeys images) {
    this.schema = schema;
    this.rows = rows;
    this.images = images;
  }

  /**
   * Compiles a plan.
   *
   * @throws ShapeMismatchException where the target lacks a column, has one whose type cannot hold
   *     every value of the source's, or one that must not be NULL and that the source lacks; names
   *     every such column, and its hint every statement that mends them
   */
  public static ChangePlan of(WalSchema schema, TargetShape target) {
    return new PlanCompiler(schema.after(), target).changes(schema);
  }

  /** How after images become rows. */
  public RowPlan rows() {
    return rows;
  }

  /** The unique key that upserts conflict on; null where rows are matched by value ("no key"). */
  public @Nullable UniqueKey key() {
    return rows.key();
  }

  /** As {@link RowPlan#assumesKey()}. */
  public boolean assumesKey() {
    return rows.assumesKey();
  }

  /**
   * Keys of rows that come into being in these changes, by an insert or a change of key, as the
   * first thing that happens to them: none of them may be there, unless changes are applied again.
   * Only with a {@link #key()}.
   *
   * @param changes changes of this plan's schema, in stream order
   * @return their {@link #keyColumns()}
   * @throws ShapeMismatchException where one comes into being that these changes have made already:
   *     the key does not keep the source's rows apart
   */
  public RowColumns arrivals(List<Change> changes) {
    check(changes);
    return new Arrivals(images).of(changes);
  }

  /**
   * That a row whose key {@link #arrivals} told is there.
   *
   * @param sequence of the change that makes it come into being
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
   * Step.Delete#key()}: those of the {@link #key()}, else those of the before image. Empty where
   * only inserts can come.
   */
  public List<PlanColumn> keyColumns() {
    return images.columns();
  }

  /** How rows of changes are read as values: a reader of one's own. */
  public RowImages images() {
    return new RowImages(rows, images);
  }

  /**
   * Whether a row can be given another key, or other values, where it is: not where an identity
   * column is GENERATED ALWAYS, which nobody may update.
   */
  public boolean updatesInPlace() {
    return !rows.overridesIdentity();
  }

  /**
   * Folds a batch to its survivors. Only with a {@link #key()}.
   *
   * <p>Keys are compared by their bytes, which are equal wherever the source's are. Where the
   * target's equality is coarser (citext, -0 and 0, jsonb), a key that was replaced by an equal one
   * is both deleted and inserted: right, as long as deletes go first.
   *
   * @param changes changes of this plan's schema, in stream order
   * @throws dev.creek.consumer.api.MessageException where a row cannot be decoded, naming its
   *     sequence and column
   * @throws ShapeMismatchException where a key has a NULL: it could never be found again
   * @throws IllegalStateException without a key
   */
  public FoldedChanges fold(List<Change> changes) {
    return fold(changes, Integer.MAX_VALUE);
  }

  /**
   * The same, for COPY where that is possible: the batch amounts to nothing but rows that should be
   * new, and they {@linkplain RowPlan#isCopyable() can be copied}.
   *
   * @param copiedFrom how many rows are worth it
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
   * next} throws what {@link #fold} throws.
   *
   * @param changes changes of this plan's schema, in stream order
   */
  public Iterable<Step> unfolded(List<Change> changes) {
    check(changes);
    return () -> new UnfoldedSteps(changes, rows, images);
  }

  /** One schema's bytes read by another's plan could pass for values. */
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
