package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.SourceKey;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.UniqueKey;
import dev.creek.consumer.text.Remedy;
import dev.creek.consumer.wire.RecordShape;
import java.util.List;

/**
 * Checks whether columns can be filled from a snapshot.
 *
 * @param columns their names
 */
record Filling(Mapping mapping, List<String> columns, TableHints hints) {

  /**
   * The plan for the snapshot's rows.
   *
   * @throws ShapeMismatchException if the columns cannot be filled, with what to do instead
   */
  RowPlan plan(RecordShape shape, CatalogTable target) {
    RowPlan plan = RowPlan.of(shape, target.shape());
    UniqueKey key = plan.key();
    if (key == null) {
      throw hints.withoutKey(target, SourceKey.of(shape));
    }
    if (key.temporal()) {
      throw new ShapeMismatchException(
          "columns of "
              + mapping.target()
              + " cannot be filled: PostgreSQL does not update rows by a key WITHOUT OVERLAPS",
          Remedy.resync(mapping));
    }
    columns.forEach(column -> require(column, plan, target, key));
    return plan;
  }

  private void require(String column, RowPlan plan, CatalogTable target, UniqueKey key) {
    String name = SqlNames.quoted(column);
    if (target.shape().columns().stream().noneMatch(there -> there.name().equals(column))) {
      throw refused(
          "the table has no column " + name,
          "name columns as the catalog has them, without quotes: "
              + String.join(
                  ", ", target.shape().columns().stream().map(TargetColumn::name).toList()));
    }
    if (key.columns().contains(column)) {
      throw refused(
          "column " + name + " is of the key by which rows are found", Remedy.resync(mapping));
    }
    if (!plan.names().contains(column)) {
      throw refused(
          "column "
              + name
              + " is generated here, or "
              + mapping.source()
              + " has no column of this name",
          "name a column that both sides have, and that can be written");
    }
    if (target.isAlwaysIdentity(column)) {
      throw refused(
          "column " + name + " is GENERATED ALWAYS AS IDENTITY, which no update can set",
          Remedy.resync(mapping));
    }
  }

  private ShapeMismatchException refused(String why, String hint) {
    return new ShapeMismatchException(
        "columns of " + mapping.target() + " cannot be filled: " + why, hint);
  }
}
