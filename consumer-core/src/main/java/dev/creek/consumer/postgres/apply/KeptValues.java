package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.row.UpdatedRows;
import dev.creek.consumer.wire.Change;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Of a batch that exchanges unique values, writes the rows that are updated and keep theirs: all in
 * one statement, before the others. They neither take a value nor leave one. A row that had another
 * value in between counts as well; if a row that follows needs that, the batch must be written in
 * another way. For one batch after another.
 */
final class KeptValues {
  private static final int OTHER_BATCHES = 100;

  /** Number of next batches for which it does not pay. */
  private int useless;

  /** True if it was tried for the last batch. */
  private boolean tried;

  /** The plan and the columns of the statement. */
  private @Nullable TablePlan known;

  private Set<String> columns = Set.of();
  private String sql = "";

  /**
   * Writes the rows; returns the changes that are still to be written.
   *
   * @param of columns on which the unique values depend; empty if they are not known
   */
  Mono<List<Change>> write(Session session, FoldedBatch batch, Set<String> of) {
    FoldedChanges folded = batch.folded();
    TablePlan plan = batch.plan();
    UpdatedRows updated =
        useless > 0 || of.isEmpty() || plan.rows().upsertsUpdates() ? null : folded.updated();
    useless = Math.max(0, useless - 1);
    tried = updated != null;
    if (updated == null) {
      return Mono.just(batch.changes());
    }
    return session
        .query(
            sql(plan, of),
            statement -> plan.bindRows(statement, 0, folded.updates()),
            row -> Objects.requireNonNull(row.get("n", Integer.class)) - 1)
        .collect(BitSet::new, BitSet::set)
        .doOnNext(left -> learn(left.cardinality(), folded.updates().rows()))
        .map(left -> updated.without(batch.changes(), left));
  }

  private String sql(TablePlan plan, Set<String> of) {
    if (known != plan || !columns.equals(of)) {
      known = plan;
      columns = of;
      sql = plan.rows().updateKeeping(of);
    }
    return sql;
  }

  /** If most rows get other values, the statement only costs time. */
  private void learn(int left, int rows) {
    if (2 * left > rows) {
      useless = OTHER_BATCHES;
    }
  }

  /** Tells whether a batch that failed may succeed without it; then the next batches do without. */
  boolean isToBlame() {
    if (tried) {
      useless = OTHER_BATCHES;
    }
    return tried;
  }
}
