package dev.creek.consumer.testing.producer;

import dev.creek.consumer.api.Generation;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes schemas as the real producer's library does, to the byte: it has three ways of it.
 *
 * <p>One instance writes one schema.
 */
final class SchemaText {

  /** What the text is for. */
  private enum Style {
    /** The schema stream: names first, names of records and enums with their namespace. */
    OLD_WAL,
    NEW_WAL,
    /** The header of a snapshot: the type first, and no namespace. */
    SNAPSHOT,
    /**
     * What is fingerprinted: Avro's parsing canonical form, except that it keeps the logical types
     * of primitives.
     */
    CANONICAL
  }

  private static final String TIMESTAMP =
      "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}";

  private final Style style;
  private boolean infinityDefined;

  private SchemaText(Style style) {
    this.style = style;
  }

  /** The JSON of a WAL schema, as in the schema stream. */
  static String wal(Relation relation, Generation generation) {
    Style style = generation == Generation.OLD ? Style.OLD_WAL : Style.NEW_WAL;
    return walRecord(relation, generation, style);
  }

  /** The text that a WAL schema's fingerprint is taken of. */
  static String walCanonical(Relation relation, Generation generation) {
    return walRecord(relation, generation, Style.CANONICAL);
  }

  /** The JSON of a snapshot's rows, as in its header. */
  static String snapshot(Relation relation) {
    return new SchemaText(Style.SNAPSHOT).rows("", relation, relation.columns());
  }

  /** The text that a snapshot schema's fingerprint is taken of. */
  static String snapshotCanonical(Relation relation) {
    return new SchemaText(Style.CANONICAL).rows("", relation, relation.columns());
  }

  private static String walRecord(Relation relation, Generation generation, Style style) {
    String source =
        record(
            "source",
            field("name", quoted("string")),
            field("tx_at", TIMESTAMP),
            field("db", quoted("string")),
            field("schema", quoted("string")),
            field("table", quoted("string")),
            field("tx_id", quoted("long")),
            generation == Generation.OLD ? field("last_lsn", quoted("string")) : "",
            field("lsn", quoted("string")));
    var keys = relation.columns().stream().filter(SourceColumn::key).toList();
    String before = new SchemaText(style).rows("before.", relation, keys);
    String after = new SchemaText(style).rows("after.", relation, relation.columns());
    return record(
        "publish_message",
        field("fingerprint", quoted("string")),
        field("source", source),
        field("op", enumeration("op", "c", "u", "u_pk", "d", "t", "r")),
        field("sent_at", TIMESTAMP),
        field("before", "[\"null\"," + before + ']'),
        field("after", "[\"null\"," + after + ']'));
  }

  private String rows(String namespace, Relation relation, List<SourceColumn> columns) {
    String fields =
        columns.stream()
            .map(c -> column(c, type(namespace, c.type(), relation.nullable(c))))
            .collect(Collectors.joining(","));
    String name = quoted(namespace + relation.name());
    return style == Style.SNAPSHOT
        ? "{\"type\":\"record\",\"name\":" + name + ",\"fields\":[" + fields + "]}"
        : "{\"name\":" + name + ",\"type\":\"record\",\"fields\":[" + fields + "]}";
  }

  private String column(SourceColumn column, String type) {
    String start = "{\"name\":" + quoted(column.name()) + ",\"type\":" + type;
    String key = ",\"pgKey\":" + column.key();
    String pgType = ",\"pgType\":" + quoted(column.type().pgType());
    return switch (style) {
      case OLD_WAL, NEW_WAL -> start + key + pgType + '}';
      case SNAPSHOT -> start + pgType + key + '}';
      case CANONICAL -> start + '}';
    };
  }

  private String type(String namespace, SourceType type, boolean nullable) {
    boolean several = type.shape().mayBeInfinite();
    String branches = branches(namespace, type);
    if (type.array()) {
      String items = several ? '[' + branches + ']' : branches;
      String array = "{\"type\":\"array\",\"items\":" + items + '}';
      return nullable ? "[\"null\"," + array + ']' : array;
    }
    if (nullable) {
      return "[\"null\"," + branches + ']';
    }
    return several ? '[' + branches + ']' : branches;
  }

  /** The value's type, and that of its infinities where it has them. */
  private String branches(String namespace, SourceType type) {
    String value = value(type);
    if (!type.shape().mayBeInfinite()) {
      return value;
    }
    String name = namespace + "infinity_modifier";
    if (infinityDefined) {
      return value + ',' + quoted(name);
    }
    infinityDefined = true;
    String symbols = "[\"infinity\",\"negative_infinity_ca5991f51367e3e4\"]";
    return style == Style.SNAPSHOT
        ? value + ",{\"type\":\"enum\",\"name\":" + quoted(name) + ",\"symbols\":" + symbols + '}'
        : value + ",{\"name\":" + quoted(name) + ",\"type\":\"enum\",\"symbols\":" + symbols + '}';
  }

  private String value(SourceType type) {
    return switch (type.shape()) {
      case BOOLEAN -> quoted("boolean");
      case INT -> quoted("int");
      case LONG -> quoted("long");
      case FLOAT -> quoted("float");
      case DOUBLE -> quoted("double");
      case STRING -> quoted("string");
      case UUID -> "{\"type\":\"string\",\"logicalType\":\"uuid\"}";
      case JSON -> quoted("bytes");
      case DECIMAL -> decimal(type);
      case DATE -> "{\"type\":\"int\",\"logicalType\":\"date\"}";
      case TIME -> "{\"type\":\"long\",\"logicalType\":\"time-micros\"}";
      case TIMESTAMP -> TIMESTAMP;
    };
  }

  private String decimal(SourceType type) {
    boolean kept = style == Style.NEW_WAL || style == Style.SNAPSHOT;
    if (!type.carriesValues() && !kept) {
      return quoted("bytes");
    }
    String scale = type.scale() == 0 ? "" : ",\"scale\":" + type.scale();
    return "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":"
        + type.precision()
        + scale
        + '}';
  }

  private static String record(String name, String... fields) {
    String all =
        List.of(fields).stream().filter(f -> !f.isEmpty()).collect(Collectors.joining(","));
    return "{\"name\":" + quoted(name) + ",\"type\":\"record\",\"fields\":[" + all + "]}";
  }

  private static String enumeration(String name, String... symbols) {
    String all = List.of(symbols).stream().map(SchemaText::quoted).collect(Collectors.joining(","));
    return "{\"name\":" + quoted(name) + ",\"type\":\"enum\",\"symbols\":[" + all + "]}";
  }

  private static String field(String name, String type) {
    return "{\"name\":" + quoted(name) + ",\"type\":" + type + '}';
  }

  /** Names that reach this are Avro names: nothing to escape. */
  private static String quoted(String name) {
    return '"' + name + '"';
  }
}
