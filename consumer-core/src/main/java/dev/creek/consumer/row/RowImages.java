package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of changes as values, for tables without a key: the row that a change removed, and the
 * row that it left. A row is its columns' values in PostgreSQL's binary format, one after the
 * other, so equal bytes are equal rows. Not thread-safe.
 */
public final class RowImages {
  private final RowPlan rows;
  private final ImageKeys images;
  private final AvroCursor cursor = new AvroCursor();
  private final ValueColumn row = new ValueColumn(256);

  RowImages(RowPlan rows, ImageKeys images) {
    this.rows = rows;
    this.images = images;
  }

  /** The columns of rows here: the columns that find them, or all columns if there are none. */
  public List<PlanColumn> columns() {
    return images.columns().isEmpty() ? rows.columns() : images.columns();
  }

  /** The row that a change removed; null if it removed none, or does not show which. */
  public @Nullable RowImage before(Change change) {
    if (change.before() < 0 || images.columns().isEmpty()) {
      return null;
    }
    row.clear();
    images.before(cursor, change, row);
    return new RowImage(Arrays.copyOf(row.array(), row.size()));
  }

  /** The row that a change left; null if it left none. */
  public @Nullable RowImage after(Change change) {
    if (change.after() < 0) {
      return null;
    }
    row.clear();
    if (images.columns().isEmpty()) {
      var values = rows.newColumns(1);
      cursor.over(change.data(), change.after(), change.end());
      rows.transcode(cursor, change.sequence(), values);
      for (ValueColumn value : values) {
        row.addEncoded(value.array(), 0);
      }
    } else {
      images.after(cursor, change, row);
    }
    return new RowImage(Arrays.copyOf(row.array(), row.size()));
  }

  /** For each column of a row, true if it is NULL. */
  public List<Boolean> nulls(RowImage image) {
    byte[] values = image.values();
    var nulls = new Boolean[columns().size()];
    int at = 0;
    for (int i = 0; i < nulls.length; i++) {
      nulls[i] = ValueColumn.isNull(values, at);
      at = ValueColumn.end(values, at);
    }
    return List.of(nulls);
  }

  /** Rows, column by column, in the order of {@link #columns}. */
  public RowColumns rows(List<RowImage> several) {
    var into = new ValueColumn[columns().size()];
    for (int i = 0; i < into.length; i++) {
      into[i] = new ValueColumn(Math.max(16, several.size() * 8));
    }
    for (RowImage image : several) {
      ImageKeys.split(image.values(), 0, into);
    }
    return RowPlan.rowColumns(into, several.size());
  }
}
