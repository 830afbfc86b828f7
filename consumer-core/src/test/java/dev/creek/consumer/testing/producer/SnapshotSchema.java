package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.wire.Fingerprint;
import java.util.List;

/** The schema of a snapshot's rows, and how to encode them. Not thread-safe. */
final class SnapshotSchema {
  private final Fingerprint fingerprint;
  private final String json;
  private final List<FieldEncoder> fields;
  private final AvroBuffer out = new AvroBuffer();

  /**
   * @param relation the table as the catalog has it, with the columns that a row has: repeats too
   */
  SnapshotSchema(Relation relation, Dialect dialect) {
    this.json = SchemaText.snapshot(relation);
    this.fingerprint =
        new Fingerprint(Rabin.of(SchemaText.snapshotCanonical(relation).getBytes(UTF_8)));
    this.fields =
        relation.columns().stream()
            .map(c -> new FieldEncoder(c, relation.nullable(c), dialect, true))
            .toList();
  }

  Fingerprint fingerprint() {
    return fingerprint;
  }

  String json() {
    return json;
  }

  /** A row as it is on the wire: without prefix or envelope. */
  byte[] encode(Tuple row) throws UnencodableException {
    out.truncate(0);
    for (int i = 0; i < fields.size(); i++) {
      TableSchema.write(fields.get(i), row, i, out);
    }
    return out.toByteArray();
  }
}
