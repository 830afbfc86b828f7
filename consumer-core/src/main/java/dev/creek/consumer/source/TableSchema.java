package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.avro.RowDecoder;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a row image, as they are published. Immutable. One instance stands for one schema
 * of one table within one subscription: a different one means that the table was altered, or that
 * its producer was replaced.
 */
public final class TableSchema {
  private final SourceTable table;
  private final String fingerprint;
  private final Schema avro;
  private final List<Column> columns;
  private final ValueType[] types;
  private final Map<String, Integer> indexes = new HashMap<>();

  private TableSchema(
      SourceTable table, String fingerprint, Schema avro, List<Column> columns, ValueType[] types) {
    this.table = table;
    this.fingerprint = fingerprint;
    this.avro = avro;
    this.columns = columns;
    this.types = types;
    for (int i = 0; i < columns.size(); i++) {
      indexes.put(columns.get(i).name(), i);
    }
  }

  /** The columns of full rows. */
  static TableSchema of(SourceTable table, WalSchema schema) {
    return of(
        table,
        schema.fingerprint().toString(),
        schema.after(),
        RowDecoder.of(table, schema.after()).schema());
  }

  static TableSchema of(SourceTable table, String fingerprint, RecordShape shape, Schema avro) {
    List<WireField> fields = shape.columns();
    return new TableSchema(
        table,
        fingerprint,
        avro,
        fields.stream()
            .map(
                field ->
                    new Column(field.name(), field.pgType(), field.slot().nullable(), field.key()))
            .toList(),
        fields.stream()
            .map(field -> ValueType.of(field.slot().type(), field.pgType()))
            .toArray(ValueType[]::new));
  }

  /**
   * A column.
   *
   * @param name its name
   * @param pgType PostgreSQL's name of its type, with an underscore before that of an array's
   *     items; {@code text} for types that producers publish as text. Of another table in the rare
   *     case that two tables of one name share a fingerprint
   * @param nullable whether the wire allows NULL; true for most columns, whatever the table says
   * @param key whether it is part of the replica identity; true for all with REPLICA IDENTITY FULL
   */
  public record Column(String name, String pgType, boolean nullable, boolean key) {}

  /** The table. */
  public SourceTable table() {
    return table;
  }

  /** The producer's key of the schema. Two tables of one name may share one. */
  public String fingerprint() {
    return fingerprint;
  }

  /** The columns, in the order of the wire. */
  public List<Column> columns() {
    return columns;
  }

  /** The column of this name; null if there is none. */
  public @Nullable Column column(String name) {
    Integer index = indexes.get(name);
    return index == null ? null : columns.get(index);
  }

  /** The schema of {@link Row#avro()}. */
  public Schema avro() {
    return avro;
  }

  /** Negative if there is no such column. */
  int index(String name) {
    Integer index = indexes.get(name);
    return index == null ? -1 : index;
  }

  ValueType type(int index) {
    return types[index];
  }

  @Override
  public String toString() {
    return "TableSchema[%s, %s, %s]".formatted(table, fingerprint, columns);
  }
}
