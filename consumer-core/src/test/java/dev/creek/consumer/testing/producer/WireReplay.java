package dev.creek.consumer.testing.producer;

import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.PostgresDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.postgresql.PGConnection;

/**
 * What somebody ends up with who applies the wire, table by table and by key: the after images as
 * they were last seen.
 */
final class WireReplay {
  private static final int PREFIX_BYTES = 10;

  private final Map<String, Schema> schemas;
  private final Map<String, Map<String, GenericRecord>> tables = new TreeMap<>();

  /**
   * @param schemas JSON by fingerprint
   */
  WireReplay(Map<String, String> schemas) {
    this.schemas = new HashMap<>();
    schemas.forEach((key, json) -> this.schemas.put(key, new Schema.Parser().parse(json)));
  }

  void apply(Collection<CapturedMessage> packets, boolean old) throws IOException {
    for (var message : CapturedWire.assemble(packets)) {
      var envelope = CapturedWire.envelope(message.bytes(), old);
      GenericRecord record = read(schemas.get(envelope.fingerprint()), message.bytes());
      var rows =
          tables.computeIfAbsent(
              envelope.namespace() + '.' + envelope.table(), t -> new TreeMap<>());
      var before = (GenericRecord) record.get("before");
      var after = (GenericRecord) record.get("after");
      if (envelope.op().equals("t")) {
        rows.clear();
      }
      if (before != null) {
        rows.remove(key(before, before));
      }
      if (after != null) {
        Schema key = record.getSchema().getField("before").schema().getTypes().get(1);
        rows.put(key(new GenericData.Record(key), after), after);
      }
    }
  }

  private static String key(GenericRecord names, GenericRecord values) {
    var key = new StringBuilder();
    for (Schema.Field field : names.getSchema().getFields()) {
      key.append(values.get(field.name())).append('|');
    }
    return key.toString();
  }

  /** An image of a message; null if it has none. */
  GenericRecord record(CapturedWire.Whole message, boolean old, String image) throws IOException {
    var envelope = CapturedWire.envelope(message.bytes(), old);
    var record = read(schemas.get(envelope.fingerprint()), message.bytes());
    return (GenericRecord) record.get(image);
  }

  /** JSON by fingerprint, from the messages of a schema stream. */
  static Map<String, String> schemas(Collection<CapturedMessage> packets) {
    var schemas = new HashMap<String, String>();
    for (var message : CapturedWire.assemble(packets)) {
      var json = GoldenSchemas.json(message.text());
      if (!json.get("fingerprint").textValue().isEmpty()) {
        schemas.put(json.get("fingerprint").textValue(), json.get("schema").textValue());
      }
    }
    return schemas;
  }

  /** The rows of a table, by key. */
  Map<String, String> rows(String table) {
    var texts = new TreeMap<String, String>();
    tables.getOrDefault(table, Map.of()).forEach((key, row) -> texts.put(key, row.toString()));
    return texts;
  }

  /** The rows that the source has, as they would be on the wire. */
  Map<String, String> sourceRows(PostgresDatabase source, Relation relation, Dialect dialect)
      throws SQLException, IOException, UnencodableException {
    var rows = new TreeMap<String, String>();
    var schema = new TableSchema(relation, dialect);
    Schema message = new Schema.Parser().parse(schema.json());
    Schema after = message.getField("after").schema().getTypes().get(1);
    Schema before = message.getField("before").schema().getTypes().get(1);
    try (Connection connection = source.connect()) {
      var copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyOut(new SnapshotTable(relation, 0).copy());
      for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
        var out = new AvroBuffer();
        schema.writeAfter(CopyRow.read(row, relation.columns().size()), out);
        var decoder = DecoderFactory.get().binaryDecoder(out.toByteArray(), null);
        var record = new GenericDatumReader<GenericRecord>(after).read(null, decoder);
        var names = new GenericData.Record(before);
        rows.put(key(names, record), record.toString());
      }
    }
    return rows;
  }

  private static GenericRecord read(Schema schema, byte[] bytes) throws IOException {
    var decoder =
        DecoderFactory.get().binaryDecoder(bytes, PREFIX_BYTES, bytes.length - PREFIX_BYTES, null);
    return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
  }
}
