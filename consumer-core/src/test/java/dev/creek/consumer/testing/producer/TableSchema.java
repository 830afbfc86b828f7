package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.wire.Fingerprint;
import java.util.ArrayList;
import java.util.List;

/** A table's WAL schema, and how to encode its rows. Not thread-safe. */
final class TableSchema {
  private final Relation relation;
  private final Fingerprint fingerprint;
  private final String json;
  private final List<FieldEncoder> before = new ArrayList<>();
  private final List<FieldEncoder> after = new ArrayList<>();
  private final int[] beforeColumns;

  TableSchema(Relation relation, Dialect dialect) {
    this.relation = relation;
    this.json = SchemaText.wal(relation, dialect.generation());
    String canonical = SchemaText.walCanonical(relation, dialect.generation());
    this.fingerprint = new Fingerprint(Rabin.of(canonical.getBytes(UTF_8)));
    for (SourceColumn column : relation.columns()) {
      boolean nullable = relation.nullable(column);
      var encoder = new FieldEncoder(column, nullable, dialect, false);
      after.add(encoder);
      if (column.key()) {
        before.add(encoder);
      }
    }
    this.beforeColumns = relation.keyColumns().stream().mapToInt(Integer::intValue).toArray();
  }

  Relation relation() {
    return relation;
  }

  Fingerprint fingerprint() {
    return fingerprint;
  }

  String json() {
    return json;
  }

  /** Writes the record of the key columns, which are picked from a tuple of all columns. */
  void writeBefore(Tuple row, AvroBuffer out) throws UnencodableException {
    for (int i = 0; i < beforeColumns.length; i++) {
      write(before.get(i), row, beforeColumns[i], out);
    }
  }

  /** Writes the record of all columns. */
  void writeAfter(Tuple row, AvroBuffer out) throws UnencodableException {
    for (int i = 0; i < after.size(); i++) {
      write(after.get(i), row, i, out);
    }
  }

  static void write(FieldEncoder encoder, Tuple row, int column, AvroBuffer out)
      throws UnencodableException {
    if (row.isNull(column)) {
      encoder.writeNull(out);
    } else if (row.isUnchanged(column)) {
      throw new UnencodableException("an unchanged TOASTed value");
    } else {
      encoder.write(row.bytes(), row.from()[column], row.to()[column], out);
    }
  }
}
