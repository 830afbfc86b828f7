package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a program may want to know between changes. Whoever reads only changes meets none.
 *
 * @param <T> the type of full rows, as for changes
 */
public sealed interface Mark<T> extends Element<T> {

  /**
   * From here on the changes of a table have other columns: it was altered, or its producer was
   * replaced. It comes right before the first such change, perhaps within a source transaction.
   * Alterations that the wire does not show come to no mark, such as that of {@code int2} to {@code
   * int4}.
   *
   * @param table the table
   * @param sequence sequence of that first change in the stream
   * @param before the schema of the changes before; null for the first change of the table that
   *     comes in a subscription, which may have another schema than the last one before a restart
   * @param after the schema of the changes from here on
   */
  record SchemaChanged<T>(
      SourceTable table, long sequence, @Nullable TableSchema before, TableSchema after)
      implements Mark<T> {}

  /**
   * The rows of a snapshot follow: what the program has of the table is out of date from here on,
   * also the rows of a snapshot that broke off.
   *
   * @param table the table
   * @param snapshot its name, the subject in the stream
   * @param at when it was taken, by the source's clock
   * @param schema the columns of its rows. Those of changes may differ: only snapshots have
   *     generated columns
   */
  record SnapshotBegins<T>(SourceTable table, String snapshot, Instant at, TableSchema schema)
      implements Mark<T> {}

  /**
   * All rows of a snapshot have come, and none is missing.
   *
   * @param table the table
   * @param snapshot its name
   * @param rows the number of its rows
   */
  record SnapshotEnds<T>(SourceTable table, String snapshot, long rows) implements Mark<T> {}
}
