package dev.creek.consumer.avro;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/**
 * Avro schemas of row images. They are made from the shape and not from the published text, which
 * Avro refuses in some cases: several fields with one name, and decimals that are none.
 */
final class AvroSchemas {
  /** Property of a field: the PostgreSQL type, as published. */
  static final String PG_TYPE = "pgType";

  /** Property of a field: whether it is part of the replica identity. */
  static final String PG_KEY = "pgKey";

  private final SourceTable table;
  private final Schema infinity;

  AvroSchemas(SourceTable table) {
    this.table = table;
    this.infinity =
        Schema.createEnum(
            "infinity_modifier", null, namespace(), List.of("infinity", "negative_infinity"));
  }

  /** The schema of a record as it is written: fields that repeat a name have made-up names. */
  Schema written(RecordShape shape) {
    return record(shape.fields());
  }

  /** The schema without the fields that repeat a name. */
  Schema read(RecordShape shape) {
    return record(shape.columns());
  }

  private Schema record(List<WireField> fields) {
    try {
      List<Schema.Field> all = new ArrayList<>(fields.size());
      for (int i = 0; i < fields.size(); i++) {
        all.add(field(fields.get(i), i));
      }
      return Schema.createRecord(name(table.table()), null, namespace(), false, all);
    } catch (AvroRuntimeException e) {
      throw new MessageException("a schema of " + table + " is none for Avro", e);
    }
  }

  private Schema.Field field(WireField field, int index) {
    String name = field.repeated() ? field.name() + "__" + index : field.name();
    var made = new Schema.Field(name, slot(field.slot()));
    made.addProp(PG_TYPE, field.pgType());
    made.addProp(PG_KEY, field.key());
    return made;
  }

  private Schema slot(WireType.Slot slot) {
    if (!slot.union()) {
      return type(slot.type());
    }
    int branches =
        1 + Math.max(slot.nullBranch(), Math.max(slot.valueBranch(), slot.infinityBranch()));
    List<Schema> types = new ArrayList<>(branches);
    for (int i = 0; i < branches; i++) {
      if (i == slot.nullBranch()) {
        types.add(Schema.create(Schema.Type.NULL));
      } else if (i == slot.infinityBranch()) {
        types.add(infinity);
      } else {
        types.add(type(slot.type()));
      }
    }
    return Schema.createUnion(types);
  }

  private Schema type(WireType type) {
    if (type instanceof WireType.Plain plain) {
      return plain(plain);
    }
    if (type instanceof WireType.Decimal decimal) {
      return LogicalTypes.decimal(decimal.precision(), decimal.scale())
          .addToSchema(Schema.create(Schema.Type.BYTES));
    }
    if (type instanceof WireType.ArrayOf array) {
      return Schema.createArray(slot(array.item()));
    }
    // Only NULL comes: RowDecoder refuses everything else before it is read.
    return Schema.create(Schema.Type.BYTES);
  }

  private static Schema plain(WireType.Plain type) {
    return switch (type) {
      case BOOLEAN -> Schema.create(Schema.Type.BOOLEAN);
      case INT -> Schema.create(Schema.Type.INT);
      case LONG -> Schema.create(Schema.Type.LONG);
      case FLOAT -> Schema.create(Schema.Type.FLOAT);
      case DOUBLE -> Schema.create(Schema.Type.DOUBLE);
      case STRING -> string();
      case UUID -> LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING));
      case BYTES -> Schema.create(Schema.Type.BYTES);
      case DATE -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
      case TIME_MICROS -> LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case TIMESTAMP_MICROS ->
          LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
    };
  }

  /** Read as Java strings, not as Avro's own; Avro does not allow that of UUIDs. */
  private static Schema string() {
    Schema string = Schema.create(Schema.Type.STRING);
    GenericData.setStringType(string, GenericData.StringType.String);
    return string;
  }

  private String namespace() {
    return name(table.database()) + "." + name(table.namespace());
  }

  /** PostgreSQL's names may be none for Avro; records are not looked up by them. */
  private static String name(String postgres) {
    String plain = postgres.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "_" + plain : plain;
  }
}
