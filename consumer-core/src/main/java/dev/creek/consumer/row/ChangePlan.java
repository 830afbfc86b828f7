package dev.creek.consumer.row;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How changes of one wire schema go into one target table. Immutable and thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class ChangePlan {

  /**
   * Compiles a plan.
   *
   * @throws ShapeMismatchException where the target lacks a column, its type cannot be reached by a
   *     cast, …
   */
  public static ChangePlan of(WalSchema schema, TargetShape target) {
    throw new UnsupportedOperationException();
  }

  private ChangePlan() {}

  /** The unique key that upserts conflict on; null where rows are matched by value ("no key"). */
  public @Nullable UniqueKey key() {
    throw new UnsupportedOperationException();
  }

  /**
   * Written columns, in the order of {@link FoldedChanges#upserts()} and {@link Step.Write#rows()}.
   */
  public List<PlanColumn> columns() {
    throw new UnsupportedOperationException();
  }

  /**
   * Columns that find a row, in the order of {@link FoldedChanges#deletes()} and {@link
   * Step.Delete#key()}.
   */
  public List<PlanColumn> keyColumns() {
    throw new UnsupportedOperationException();
  }

  /** Whether a written column is GENERATED ALWAYS AS IDENTITY. */
  public boolean overridesIdentity() {
    throw new UnsupportedOperationException();
  }

  /**
   * Folds a batch to its survivors. Only with a {@link #key()}.
   *
   * @throws dev.creek.consumer.wire.WireException where a row cannot be decoded, with its sequence
   */
  public FoldedChanges fold(List<Change> changes) {
    throw new UnsupportedOperationException();
  }

  /** The batch change by change, lazily, in source order. */
  public Iterable<Step> unfolded(List<Change> changes) {
    throw new UnsupportedOperationException();
  }
}
