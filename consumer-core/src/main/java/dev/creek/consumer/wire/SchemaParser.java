package dev.creek.consumer.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads schema texts. It is strict about the envelope, which defines where everything lies, and
 * lenient about the columns. The fingerprint is taken as given: Avro's own algorithms do not
 * reproduce it.
 */
public final class SchemaParser {
  private static final List<String> ENVELOPE =
      List.of(
          "fingerprint string",
          "source record",
          "op enum",
          "sent_at long",
          "before union",
          "after union");
  private static final List<String> NEW_SOURCE =
      List.of(
          "name string",
          "tx_at long",
          "db string",
          "schema string",
          "table string",
          "tx_id long",
          "lsn string");
  private static final List<String> OLD_SOURCE =
      List.of(
          "name string",
          "tx_at long",
          "db string",
          "schema string",
          "table string",
          "tx_id long",
          "last_lsn string",
          "lsn string");

  /** In the order of {@link Operation}. */
  private static final List<String> OPERATIONS = List.of("c", "u", "u_pk", "d", "t", "r");

  private SchemaParser() {}

  /**
   * Reads the schema of WAL messages.
   *
   * @param fingerprint under which the text was found
   * @param json the {@code schema} member of a schema message
   * @throws MessageException if the text is no schema, as for a table that the producer cannot
   *     encode
   */
  public static WalSchema parse(Fingerprint fingerprint, String json) {
    JsonNode envelope = WireJson.object(json, "schema " + fingerprint);
    List<String> members = members(envelope);
    if (!members.equals(ENVELOPE)) {
      throw new MessageException("schema " + fingerprint + " is not a WAL envelope: " + members);
    }
    JsonNode fields = envelope.path("fields");
    Generation generation = generation(fields.get(1).path("type"));
    checkOperations(fields.get(2).path("type"));
    // One reader: an enum defined in the before image may be referred to in the after image.
    var reader = new ShapeReader();
    RecordShape before = reader.record(image(fields.get(4)));
    RecordShape after = reader.record(image(fields.get(5)));
    return new WalSchema(fingerprint, generation, before, after, json);
  }

  /**
   * Reads a bare record: the schema of a snapshot's rows, or of one image.
   *
   * @throws MessageException if the text is no record
   */
  public static RecordShape parseRecord(String json) {
    return new ShapeReader().record(WireJson.object(json, "record schema"));
  }

  private static Generation generation(JsonNode source) {
    List<String> members = members(source);
    if (members.equals(OLD_SOURCE)) {
      return Generation.OLD;
    }
    if (members.equals(NEW_SOURCE)) {
      return Generation.NEW;
    }
    throw new MessageException("the source record has unknown members: " + members);
  }

  private static void checkOperations(JsonNode op) {
    var symbols = new ArrayList<String>();
    op.path("symbols").forEach(symbol -> symbols.add(symbol.asText()));
    if (!symbols.equals(OPERATIONS)) {
      throw new MessageException("the op enum has unknown symbols: " + symbols);
    }
  }

  /** The record of {@code [null, record]}; the decoder relies on this order. */
  private static JsonNode image(JsonNode field) {
    JsonNode union = field.path("type");
    if (union.size() != 2 || !ShapeReader.base(union.get(0)).equals("null")) {
      throw new MessageException(
          "the " + ShapeReader.text(field, "name") + " image is not a union of null and a record");
    }
    return union.get(1);
  }

  private static List<String> members(JsonNode record) {
    var members = new ArrayList<String>();
    for (JsonNode field : record.path("fields")) {
      JsonNode type = field.path("type");
      members.add(
          ShapeReader.text(field, "name")
              + ' '
              + (type.isArray() ? "union" : ShapeReader.base(type)));
    }
    return members;
  }
}
