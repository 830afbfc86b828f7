package dev.creek.consumer.postgres.snapshot;

import io.r2dbc.spi.Readable;
import java.util.Objects;

/** Rows that had to change for a table to hold what a loaded one holds. */
record RowCounts(long deleted, long updated, long inserted) {

  static RowCounts of(Readable row) {
    return new RowCounts(number(row, 0), number(row, 1), number(row, 2));
  }

  private static long number(Readable row, int column) {
    return Objects.requireNonNull(row.get(column, Long.class));
  }

  @Override
  public String toString() {
    return deleted + " rows deleted, " + updated + " updated, " + inserted + " inserted";
  }
}
