package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.row.FoldedChanges;
import io.r2dbc.spi.Statement;

/** The folded changes of a table with a key. */
record FusibleFolds(TablePlan plan, FoldedSql.Shape shape, FoldedChanges columns)
    implements Fusible {
  private record Key(TablePlan plan, FoldedSql.Shape shape) {}

  @Override
  public Object key() {
    return new Key(plan, shape);
  }

  @Override
  public Piece piece(String prefix, String from, int parameter) {
    return plan.piece(shape, prefix, from, parameter);
  }

  @Override
  public int parameters() {
    return columns.deletes().columns().size()
        + columns.vacated().columns().size()
        + columns.moves().columns().size()
        + columns.updates().columns().size()
        + columns.inserts().columns().size();
  }

  @Override
  public void bind(Statement statement, int index) {
    plan.bind(statement, index, columns);
  }
}
