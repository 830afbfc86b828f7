package dev.creek.consumer.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.apache.avro.generic.GenericEnumSymbol;

/** Rows as JSON text. */
final class RowJson {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  private RowJson() {}

  static String of(Row row) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      json.writeStartObject();
      List<TableSchema.Column> columns = row.schema().columns();
      for (int i = 0; i < columns.size(); i++) {
        json.writeFieldName(columns.get(i).name());
        Object value = row.raw(i);
        if (value == null) {
          json.writeNull();
        } else {
          write(value, row.schema().type(i), json);
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(Object value, ValueType type, JsonGenerator json) throws IOException {
    if (value instanceof GenericEnumSymbol<?> infinite) {
      json.writeString(Values.isPositive(infinite) ? "infinity" : "-infinity");
      return;
    }
    switch (type.kind()) {
      case BOOLEAN -> json.writeBoolean((Boolean) value);
      case INTEGER, LONG -> json.writeNumber(((Number) value).longValue());
      case FLOAT -> writeFloat(((Number) value).floatValue(), json);
      case DOUBLE -> writeDouble(((Number) value).doubleValue(), json);
      case DECIMAL -> json.writeNumber(Values.decimal(value, type.scale()).toPlainString());
      case JSON -> json.writeRawValue(Values.utf8((ByteBuffer) value));
      case LIST -> writeItems((Collection<?>) value, type.items(), json);
      case TEXT, UUID, DATE, TIME, TIMESTAMP, TIMESTAMP_WITH_TIME_ZONE, NULL ->
          json.writeString(Values.natural(value, type).toString());
    }
  }

  private static void writeItems(Collection<?> items, ValueType type, JsonGenerator json)
      throws IOException {
    json.writeStartArray();
    for (Object item : items) {
      write(item, type, json);
    }
    json.writeEndArray();
  }

  private static void writeFloat(float value, JsonGenerator json) throws IOException {
    if (Float.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeString(Float.toString(value));
    }
  }

  private static void writeDouble(double value, JsonGenerator json) throws IOException {
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeString(Double.toString(value));
    }
  }
}
