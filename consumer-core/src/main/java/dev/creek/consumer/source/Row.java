package dev.creek.consumer.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * The image of a row: its columns by name. The image of a key has only the columns of the replica
 * identity. Values are converted when they are asked for; the conversions are in docs/library.md.
 * Immutable as long as nobody changes its {@link #avro() record}. Its text form has no values.
 */
public final class Row {
  private final TableSchema schema;
  private final GenericRecord record;

  Row(TableSchema schema, GenericRecord record) {
    this.schema = schema;
    this.record = record;
  }

  /** The columns of this image. */
  public TableSchema schema() {
    return schema;
  }

  /** Tells whether the image has a column of this name. */
  public boolean has(String column) {
    return schema.index(column) >= 0;
  }

  /**
   * A value as the Java type that stands for the column's; null for NULL.
   *
   * @throws NoSuchElementException if there is no such column
   */
  public @Nullable Object get(String column) {
    return natural(index(column));
  }

  /**
   * A value as a Java type; null for NULL.
   *
   * @throws NoSuchElementException if there is no such column
   * @throws IllegalArgumentException if the column cannot be read as this type, or if the value
   *     does not fit it
   */
  public <T> @Nullable T get(String column, Class<T> type) {
    int index = index(column);
    Object value = record.get(index);
    if (value == null) {
      return null;
    }
    try {
      return type.cast(Values.as(value, schema.type(index), type));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "column %s of %s: %s".formatted(column, schema.table(), e.getMessage()), e);
    }
  }

  /**
   * The items of an array; null for NULL.
   *
   * @param items their type
   * @throws NoSuchElementException if there is no such column
   * @throws IllegalArgumentException as for {@link #get(String, Class)}
   */
  @SuppressWarnings("unchecked") // each item was converted to it
  public <T> @Nullable List<T> getList(String column, Class<T> items) {
    int index = index(column);
    ValueType type = schema.type(index);
    if (type.kind() != ValueType.Kind.LIST) {
      throw new IllegalArgumentException(
          "column %s of %s is no array".formatted(column, schema.table()));
    }
    Object value = record.get(index);
    return value == null ? null : (List<T>) Values.list(value, type.items(), items);
  }

  /** A text, enum, uuid or JSON value as text; null for NULL. */
  public @Nullable String getString(String column) {
    return get(column, String.class);
  }

  /** A whole number of at most 32 bits; null for NULL. */
  public @Nullable Integer getInteger(String column) {
    return get(column, Integer.class);
  }

  /** A whole number; null for NULL. */
  public @Nullable Long getLong(String column) {
    return get(column, Long.class);
  }

  /** A number other than a float; null for NULL. */
  public @Nullable BigDecimal getDecimal(String column) {
    return get(column, BigDecimal.class);
  }

  /** A truth value; null for NULL. */
  public @Nullable Boolean getBoolean(String column) {
    return get(column, Boolean.class);
  }

  /** A timestamp, in UTC if it has no time zone; null for NULL. */
  public @Nullable Instant getInstant(String column) {
    return get(column, Instant.class);
  }

  /** A json or jsonb value; null for NULL. */
  public @Nullable JsonNode getJson(String column) {
    return get(column, JsonNode.class);
  }

  /** All columns by name, in their order, as {@link #get(String)} returns them. */
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < schema.columns().size(); i++) {
      map.put(schema.columns().get(i).name(), natural(i));
    }
    return Collections.unmodifiableMap(map);
  }

  /** All columns as one JSON object; docs/library.md says how each type is written. */
  public String toJson() {
    return RowJson.of(this);
  }

  /** The record as Avro's reader made it: logical types are not converted. */
  public GenericRecord avro() {
    return record;
  }

  @Nullable Object raw(int index) {
    return record.get(index);
  }

  private @Nullable Object natural(int index) {
    Object value = record.get(index);
    return value == null ? null : Values.natural(value, schema.type(index));
  }

  private int index(String column) {
    int index = schema.index(column);
    if (index < 0) {
      throw new NoSuchElementException(
          "this image of a row of %s has no column %s".formatted(schema.table(), column));
    }
    return index;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Row row
        && row.schema.table().equals(schema.table())
        && row.record.equals(record);
  }

  @Override
  public int hashCode() {
    return record.hashCode();
  }

  @Override
  public String toString() {
    return "Row[" + schema.table() + "]";
  }
}
