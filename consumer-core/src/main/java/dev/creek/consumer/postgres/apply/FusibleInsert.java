package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.row.RowColumns;
import io.r2dbc.spi.Statement;
import java.util.List;

/** Rows to insert into a table without a key. */
record FusibleInsert(TablePlan plan, RowColumns rows) implements Fusible {
  private record Key(TablePlan plan) {}

  @Override
  public Object key() {
    return new Key(plan);
  }

  @Override
  public Piece piece(String prefix, String from, int parameter) {
    return new Piece(
        List.of(prefix + "w as (" + plan.rows().write(from, parameter) + " returning 1)"),
        List.of("(select count(*) from " + prefix + "w) = cardinality($" + parameter + ")"));
  }

  @Override
  public int parameters() {
    return rows.columns().size();
  }

  @Override
  public void bind(Statement statement, int index) {
    plan.bindRows(statement, index, rows);
  }
}
