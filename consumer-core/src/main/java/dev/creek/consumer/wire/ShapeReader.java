package dev.creek.consumer.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro records as Creek writes them. A strict Avro parser refuses them: they have several
 * fields with one name, impossible decimals, and named types that are referred to by short or full
 * name. A type that cannot be decoded becomes {@link WireType.Undecodable}, because its NULLs still
 * can.
 */
final class ShapeReader {
  private static final String INFINITY = "infinity";
  private static final String NEGATIVE_INFINITY = "negative_infinity";

  /** By the enum's short name, whatever its namespace: true if it is the infinity modifier. */
  private final Map<String, Boolean> enums = new HashMap<>();

  RecordShape record(JsonNode record) {
    if (!record.path("type").asText().equals("record")) {
      throw new MessageException("not an Avro record: " + label(record));
    }
    var fields = new ArrayList<WireField>();
    var names = new HashSet<String>();
    for (JsonNode field : record.path("fields")) {
      String name = text(field, "name");
      if (name.isEmpty()) {
        throw new MessageException("a field without a name in " + label(record));
      }
      String pgType = text(field, "pgType");
      fields.add(
          new WireField(
              name,
              slot(field.path("type"), pgType),
              pgType,
              field.path("pgKey").asBoolean(false),
              !names.add(name)));
    }
    return new RecordShape(fields);
  }

  private Slot slot(JsonNode type, String pgType) {
    if (!type.isArray()) {
      return new Slot(false, -1, 0, -1, type(type, pgType));
    }
    int nullBranch = -1;
    int infinityBranch = -1;
    int valueBranch = -1;
    WireType value = new WireType.Undecodable("a union without a value");
    for (int i = 0; i < type.size(); i++) {
      JsonNode branch = type.get(i);
      if (base(branch).equals("null")) {
        nullBranch = i;
      } else if (isInfinity(branch)) {
        infinityBranch = i;
      } else if (valueBranch < 0) {
        valueBranch = i;
        value = type(branch, pgType);
      } else {
        value = new WireType.Undecodable("a union of several types");
      }
    }
    return new Slot(true, nullBranch, valueBranch, infinityBranch, value);
  }

  private WireType type(JsonNode type, String pgType) {
    String logical = text(type, "logicalType");
    return switch (base(type)) {
      case "boolean" -> Plain.BOOLEAN;
      case "int" -> logical.equals("date") ? Plain.DATE : Plain.INT;
      case "long" ->
          switch (logical) {
            case "time-micros" -> Plain.TIME_MICROS;
            case "timestamp-micros", "local-timestamp-micros" -> Plain.TIMESTAMP_MICROS;
            default -> Plain.LONG;
          };
      case "float" -> Plain.FLOAT;
      case "double" -> Plain.DOUBLE;
      case "string" -> logical.equals("uuid") ? Plain.UUID : Plain.STRING;
      case "bytes" -> bytes(type, logical, pgType);
      case "array" ->
          new WireType.ArrayOf(
              slot(type.path("items"), pgType.startsWith("_") ? pgType.substring(1) : pgType));
      default -> new WireType.Undecodable("Avro type " + label(type));
    };
  }

  private static WireType bytes(JsonNode type, String logical, String pgType) {
    if (logical.equals("decimal")) {
      int precision = type.path("precision").asInt(0);
      int scale = type.path("scale").asInt(0);
      return precision > 0 && scale >= 0 && scale <= precision
          ? new WireType.Decimal(precision, scale)
          : new WireType.Undecodable(
              String.format(
                  Locale.ROOT, "decimal with precision %d and scale %d", precision, scale));
    }
    // OLD publishes a numeric whose decimal is impossible as plain bytes.
    return pgType.equals("numeric")
        ? new WireType.Undecodable("numeric without precision and scale")
        : Plain.BYTES;
  }

  /** Defines the enum if this is its first use. */
  private boolean isInfinity(JsonNode type) {
    if (!base(type).equals("enum")) {
      return type.isTextual() && enums.getOrDefault(shortName(type.textValue()), false);
    }
    List<String> symbols = new ArrayList<>();
    type.path("symbols").forEach(symbol -> symbols.add(symbol.asText()));
    boolean infinity =
        symbols.size() == 2
            && symbols.get(0).equals(INFINITY)
            && symbols.get(1).startsWith(NEGATIVE_INFINITY);
    enums.put(shortName(text(type, "name")), infinity);
    return infinity;
  }

  private static String shortName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** The Avro type beneath annotations: {@code {"type": {"type": "long"}}} is a long. */
  static String base(JsonNode type) {
    JsonNode inner = type;
    while (inner.isObject()) {
      inner = inner.path("type");
    }
    return inner.isTextual() ? inner.textValue() : "";
  }

  static String text(JsonNode node, String member) {
    @Nullable String text = node.path(member).textValue();
    return text == null ? "" : text;
  }

  /** Its name in a message: schemas contain names, no row values. */
  private static String label(JsonNode type) {
    String name = text(type, "name");
    String base = base(type);
    return name.isEmpty() ? (base.isEmpty() ? "(none)" : base) : name;
  }
}
