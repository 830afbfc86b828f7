package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.GoldenCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** The schemas of a capture, and the tables that they tell of. */
final class GoldenSchemas {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern CSV_ROW =
      Pattern.compile(
          "^([^,\n]{12}),[^\n]*?,[^,\n]*,\"([^\"]*+(?:\"\"[^\"]*+)*+)\"$", Pattern.MULTILINE);

  private static final Map<String, Integer> OIDS =
      Map.ofEntries(
          Map.entry("bool", 16),
          Map.entry("_bool", 1000),
          Map.entry("char", 18),
          Map.entry("_char", 1002),
          Map.entry("int8", 20),
          Map.entry("_int8", 1016),
          Map.entry("int2", 21),
          Map.entry("_int2", 1005),
          Map.entry("int4", 23),
          Map.entry("_int4", 1007),
          Map.entry("text", 25),
          Map.entry("_text", 1009),
          Map.entry("json", 114),
          Map.entry("_json", 199),
          Map.entry("float4", 700),
          Map.entry("_float4", 1021),
          Map.entry("float8", 701),
          Map.entry("_float8", 1022),
          Map.entry("bpchar", 1042),
          Map.entry("_bpchar", 1014),
          Map.entry("varchar", 1043),
          Map.entry("_varchar", 1015),
          Map.entry("date", 1082),
          Map.entry("_date", 1182),
          Map.entry("time", 1083),
          Map.entry("_time", 1183),
          Map.entry("timestamp", 1114),
          Map.entry("_timestamp", 1115),
          Map.entry("timestamptz", 1184),
          Map.entry("_timestamptz", 1185),
          Map.entry("numeric", 1700),
          Map.entry("_numeric", 1231),
          Map.entry("uuid", 2950),
          Map.entry("_uuid", 2951),
          Map.entry("jsonb", 3802),
          Map.entry("_jsonb", 3807));

  private GoldenSchemas() {}

  /** WAL schemas by fingerprint: those of the schema stream, and those that were only stored. */
  static Map<String, String> wal(Generation generation) {
    var schemas = new LinkedHashMap<String, String>();
    for (var message : CapturedWire.assemble(new GoldenCapture(generation).schemas())) {
      JsonNode json = json(message.text());
      if (!json.get("fingerprint").textValue().isEmpty()) {
        schemas.putIfAbsent(json.get("fingerprint").textValue(), json.get("schema").textValue());
      }
    }
    var rows = CSV_ROW.matcher(stored(generation));
    while (rows.find()) {
      schemas.putIfAbsent(rows.group(1), rows.group(2).replace("\"\"", "\""));
    }
    return schemas;
  }

  private static String stored(Generation generation) {
    try (var in =
        new GZIPInputStream(new GoldenCapture(generation).open("avro_schemas_table.csv.gz"))) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The headers of all snapshots, in order. */
  static List<JsonNode> snapshotHeaders(Generation generation) {
    return CapturedWire.assemble(new GoldenCapture(generation).snapshots()).stream()
        .map(CapturedWire.Whole::text)
        .filter(text -> text.startsWith("{\"topic\""))
        .map(GoldenSchemas::json)
        .toList();
  }

  /** The table that a WAL schema is of. */
  static Relation walRelation(String schema) {
    JsonNode fields = json(schema).get("fields");
    JsonNode after = fields.get(fields.size() - 1).get("type").get(1);
    String name = after.get("name").textValue();
    return relation(name.substring(name.indexOf('.') + 1), after.get("fields"));
  }

  /** The table that a snapshot's schema is of. */
  static Relation snapshotRelation(String schema) {
    JsonNode record = json(schema);
    return relation(record.get("name").textValue(), record.get("fields"));
  }

  private static Relation relation(String name, JsonNode fields) {
    var columns = new ArrayList<SourceColumn>();
    boolean plainKey = false;
    for (JsonNode field : fields) {
      JsonNode type = field.get("type");
      boolean nullable = type.isArray() && type.get(0).asText().equals("null");
      boolean key = field.get("pgKey").booleanValue();
      plainKey |= key && !nullable;
      SourceType of = SourceType.of(OIDS.get(field.get("pgType").textValue()), typmod(type));
      columns.add(new SourceColumn(field.get("name").textValue(), of, key));
    }
    return new Relation(0, "app", name, plainKey ? 'd' : 'f', columns);
  }

  private static int typmod(JsonNode type) {
    JsonNode decimal = type.findParent("precision");
    if (decimal == null) {
      return -1;
    }
    int scale = decimal.path("scale").intValue() & 0x7FF;
    return (decimal.get("precision").intValue() == 65535)
        ? -1
        : ((decimal.get("precision").intValue() << 16) | scale) + 4;
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
