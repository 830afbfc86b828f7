package dev.creek.consumer.source;

import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes the program's own objects of full rows. Called on the threads on which changes are emitted,
 * one call at a time for each subscription; must not block. What it throws ends the stream with
 * {@link dev.creek.consumer.api.SourceException.Unmappable}.
 *
 * @param <T> the program's type
 */
@FunctionalInterface
public interface RowMapper<T> {
  /** The object of a row, which has all columns. */
  T map(Row row);

  /** Rows as they are. */
  static RowMapper<Row> rows() {
    return row -> row;
  }

  /** Columns by name, as {@link Row#toMap()}. */
  static RowMapper<Map<String, @Nullable Object>> maps() {
    return Row::toMap;
  }

  /** Avro's generic records, as {@link Row#avro()}. */
  static RowMapper<GenericRecord> avro() {
    return Row::avro;
  }

  /** JSON objects as text, as {@link Row#toJson()}. */
  static RowMapper<String> json() {
    return Row::toJson;
  }

  /**
   * Java records, by name: a component takes the column of its name, or of its name in snake case
   * ({@code customerId}: {@code customer_id}). Columns without a component are left out. A
   * component without a column is an error, and so is NULL for a primitive component.
   *
   * @param <R> a record whose canonical constructor this program can call
   * @throws IllegalArgumentException if the constructor cannot be called: the class, and its
   *     package, must be open to this library
   */
  static <R extends Record> RowMapper<R> records(Class<R> type) {
    return RecordMapper.of(type);
  }
}
