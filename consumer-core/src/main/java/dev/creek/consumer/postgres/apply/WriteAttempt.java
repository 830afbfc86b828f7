package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.row.UniqueKey;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A write that PostgreSQL has refused, as far as a second look behind the failure needs it.
 *
 * @param target the table that rows were meant for
 * @param fresh the table beside it that a clean snapshot is loaded into; null where rows went into
 *     the target itself
 * @param columns written ones, in the order of the rows' columns
 * @param fields the source's columns, whose types those of the target may get
 * @param key the key that the source vouches for; null where it does not
 * @param rows values to look at, which are transcoded only where they are asked for
 */
public record WriteAttempt(
    CatalogTable target,
    @Nullable LoadTable fresh,
    List<PlanColumn> columns,
    List<WireField> fields,
    @Nullable UniqueKey key,
    Supplier<List<RowColumns>> rows) {
  /** Runs of rows that are looked at: a change that is searched for is alone in its batch. */
  private static final int MAX_RUNS = 50;

  /** Of changes of one plan. */
  static WriteAttempt of(TablePlan plan, List<Change> changes) {
    ChangePlan into = plan.changes();
    return new WriteAttempt(
        plan.target(),
        null,
        into.columns(),
        plan.schema().after().columns(),
        proven(into.rows()),
        () -> runs(into, changes));
  }

  /**
   * Of rows of a snapshot.
   *
   * @param written empty where what failed was no chunk
   */
  public static WriteAttempt of(
      CatalogTable target, RowPlan plan, RecordShape shape, List<RowColumns> written) {
    return new WriteAttempt(
        target, null, plan.columns(), shape.columns(), proven(plan), () -> written);
  }

  /** Of what comes before the first row. */
  public static WriteAttempt of(CatalogTable target) {
    return new WriteAttempt(target, null, List.of(), List.of(), null, List::of);
  }

  /** The same by way of a fresh table. */
  public WriteAttempt through(LoadTable loaded) {
    return new WriteAttempt(target, loaded, columns, fields, key, rows);
  }

  private static @Nullable UniqueKey proven(RowPlan plan) {
    return plan.assumesKey() ? null : plan.key();
  }

  private static List<RowColumns> runs(ChangePlan plan, List<Change> changes) {
    var runs = new ArrayList<RowColumns>();
    if (plan.key() != null) {
      FoldedChanges folded = plan.fold(changes);
      add(runs, folded.inserts());
      add(runs, folded.updates());
      int keys = plan.keyColumns().size();
      RowColumns moved = folded.moves();
      if (moved.rows() > 0) {
        int all = moved.columns().size();
        add(runs, new RowColumns(moved.columns().subList(keys, all), moved.rows()));
      }
    }
    Iterator<Step> steps = plan.unfolded(changes).iterator();
    while (runs.size() < MAX_RUNS && steps.hasNext()) {
      Step step = steps.next();
      if (step instanceof Step.Insert insert) {
        add(runs, insert.rows());
      } else if (step instanceof Step.Update update) {
        add(runs, update.row());
      } else if (step instanceof Step.Replace replace) {
        add(runs, replace.row());
      }
    }
    return runs;
  }

  private static void add(List<RowColumns> runs, RowColumns rows) {
    if (rows.rows() > 0) {
      runs.add(rows);
    }
  }
}
