package dev.creek.consumer.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.TableWire.Column;
import dev.creek.consumer.testing.TableWire.Identity;
import java.util.List;

/** A table's JSON as both generations of the producer write it. */
final class WireSchemas {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final TableWire table;
  private final String image;

  /** The enum is spelled out at its first use in a record and named later. */
  private boolean modifierDefined;

  private WireSchemas(TableWire table, String image) {
    this.table = table;
    this.image = image;
  }

  static String walSchema(TableWire table) {
    var source = record("source");
    field(source, "name", JSON.textNode("string"));
    field(source, "tx_at", logical("long", "timestamp-micros"));
    for (String name : List.of("db", "schema", "table")) {
      field(source, name, JSON.textNode("string"));
    }
    field(source, "tx_id", JSON.textNode("long"));
    if (table.generation() == Generation.OLD) {
      field(source, "last_lsn", JSON.textNode("string"));
    }
    field(source, "lsn", JSON.textNode("string"));

    var message = record("publish_message");
    field(message, "fingerprint", JSON.textNode("string"));
    field(message, "source", source);
    var op = JSON.objectNode().put("name", "op").put("type", "enum");
    List.of("c", "u", "u_pk", "d", "t", "r").forEach(op.putArray("symbols")::add);
    field(message, "op", op);
    field(message, "sent_at", logical("long", "timestamp-micros"));
    field(message, "before", image(table, "before", table.identityColumns()));
    field(message, "after", image(table, "after", table.columns()));
    return text(message);
  }

  static String schemaMessage(TableWire table) {
    return text(
        JSON.objectNode()
            .put("fingerprint", table.fingerprint().toString())
            .put("schema", table.schemaText())
            .put("source", table.source().namespace() + "." + table.source().table())
            .put("created_at", "2024-05-01T10:00:00Z"));
  }

  private static ArrayNode image(TableWire table, String image, List<Column> columns) {
    var schemas = new WireSchemas(table, image);
    var record = record(image + "." + table.source().table());
    for (Column column : columns) {
      field(record, column.name(), schemas.columnType(column))
          .put("pgKey", table.identifies(column))
          .put("pgType", publishedType(column.pgType()));
    }
    return JSON.arrayNode().add("null").add(record);
  }

  private JsonNode columnType(Column column) {
    boolean plain = table.identity() == Identity.DEFAULT && table.identifies(column);
    var branches = JSON.arrayNode();
    if (!plain) {
      branches.add("null");
    }
    String type = column.pgType();
    if (type.endsWith("[]")) {
      String item = type.substring(0, type.length() - 2);
      var items = valueBranches(item);
      branches.add(
          JSON.objectNode()
              .put("type", "array")
              .<ObjectNode>set("items", items.size() == 1 ? items.get(0) : items));
    } else {
      branches.addAll(valueBranches(type));
    }
    return branches.size() == 1 ? branches.get(0) : branches;
  }

  private ArrayNode valueBranches(String pgType) {
    var branches = JSON.arrayNode();
    switch (baseType(pgType)) {
      case "bool" -> branches.add("boolean");
      case "int2", "int4" -> branches.add("int");
      case "int8" -> branches.add("long");
      case "float4" -> branches.add("float");
      case "float8" -> branches.add("double");
      case "uuid" -> branches.add(logical("string", "uuid"));
      case "json", "jsonb" -> branches.add("bytes");
      case "numeric" -> branches.add(decimal(pgType));
      case "date" -> branches.add(logical("int", "date")).add(modifier());
      case "time" -> branches.add(logical("long", "time-micros")).add(modifier());
      case "timestamp", "timestamptz" ->
          branches.add(logical("long", "timestamp-micros")).add(modifier());
      default -> branches.add("string");
    }
    return branches;
  }

  private JsonNode modifier() {
    String name = image + ".infinity_modifier";
    if (modifierDefined) {
      return JSON.textNode(name);
    }
    modifierDefined = true;
    var type = JSON.objectNode().put("name", name).put("type", "enum");
    type.putArray("symbols").add("infinity").add("negative_infinity_ca5991f51367e3e4");
    return type;
  }

  private JsonNode decimal(String pgType) {
    int[] precisionScale = precisionScale(pgType);
    int precision = precisionScale[0];
    int scale = precisionScale[1];
    boolean possible = scale >= 0 && scale <= precision;
    if (!possible && table.generation() == Generation.OLD) {
      return JSON.textNode("bytes");
    }
    var type = logical("bytes", "decimal").put("precision", precision);
    return scale == 0 ? type : type.put("scale", scale);
  }

  /** What the producer makes of the type modifier; -1 (none) becomes 65535 and -5. */
  static int[] precisionScale(String pgType) {
    int open = pgType.indexOf('(');
    if (open < 0) {
      return new int[] {65535, -5};
    }
    String[] parts = pgType.substring(open + 1, pgType.indexOf(')')).split(",", -1);
    return new int[] {
      Integer.parseInt(parts[0].strip()), parts.length < 2 ? 0 : Integer.parseInt(parts[1].strip())
    };
  }

  /** Without modifier. */
  static String baseType(String pgType) {
    int open = pgType.indexOf('(');
    return open < 0 ? pgType : pgType.substring(0, open);
  }

  private static String publishedType(String pgType) {
    return pgType.endsWith("[]")
        ? "_" + baseType(pgType.substring(0, pgType.length() - 2))
        : baseType(pgType);
  }

  private static ObjectNode record(String name) {
    var record = JSON.objectNode().put("name", name).put("type", "record");
    record.putArray("fields");
    return record;
  }

  private static ObjectNode field(ObjectNode record, String name, JsonNode type) {
    var field = ((ArrayNode) record.get("fields")).addObject().put("name", name);
    field.set("type", type);
    return field;
  }

  private static ObjectNode logical(String type, String logicalType) {
    return JSON.objectNode().put("type", type).put("logicalType", logicalType);
  }

  private static String text(ObjectNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
