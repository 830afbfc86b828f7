package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import org.jspecify.annotations.Nullable;

/**
 * One change of a row, or of a table. Immutable. Text forms contain the program's own objects, and
 * so their values.
 *
 * <p>A source publishes what identifies a row before its change: the columns of its replica
 * identity. Only with {@code REPLICA IDENTITY FULL} it publishes the whole row, which is then in
 * {@code before}. There the wire does not show which columns are the key, so an update that changes
 * the key is an {@link Update} as well.
 *
 * @param <T> the type of full rows
 */
public sealed interface Change<T> extends Element<T> {
  /** Its origin. */
  Origin origin();

  @Override
  default SourceTable table() {
    return origin().table();
  }

  /**
   * A row was inserted.
   *
   * @param row the row
   */
  record Insert<T>(Origin origin, T row) implements Change<T> {}

  /**
   * A row was updated; its replica identity is the same, unless that is FULL.
   *
   * @param key the columns of the replica identity; null if the table has none
   * @param before the row before; null unless the replica identity is FULL
   * @param row the row after
   */
  record Update<T>(Origin origin, @Nullable Row key, @Nullable T before, T row)
      implements Change<T> {}

  /**
   * A row was updated and its replica identity changed: whoever keeps rows by key removes the old
   * one and stores the new one.
   *
   * @param oldKey the columns of the replica identity before
   * @param row the row after
   */
  record KeyChange<T>(Origin origin, Row oldKey, T row) implements Change<T> {}

  /**
   * A row was deleted.
   *
   * @param key the columns of the replica identity: all columns if it is FULL
   * @param before the row; null unless the replica identity is FULL
   */
  record Delete<T>(Origin origin, Row key, @Nullable T before) implements Change<T> {}

  /** All rows of the table were removed. */
  record Truncate<T>(Origin origin) implements Change<T> {}

  /**
   * A row as a snapshot holds it. Its origin's transaction and time are those of the snapshot; the
   * sequence counts in the stream of snapshots.
   *
   * @param row the row
   */
  record SnapshotRow<T>(Origin origin, T row) implements Change<T> {}
}
