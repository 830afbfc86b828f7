package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;

/**
 * JSON for programs, laid out for people. Written field by field: a mapper costs more time to load
 * than a whole command takes.
 */
final class JsonText {
  private JsonText() {}

  /** Writes one thing. */
  interface Writer<T> {
    void write(JsonGenerator json, T value) throws IOException;
  }

  /** One array of objects; the writer adds an element's fields. */
  static <T> String array(Collection<T> elements, Writer<T> fields) {
    return text(
        elements,
        (json, all) -> {
          json.writeStartArray();
          for (T element : all) {
            json.writeStartObject();
            fields.write(json, element);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  /** Whatever the writer writes. */
  static <T> String text(T value, Writer<T> writer) {
    var text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.setPrettyPrinter(new DefaultPrettyPrinter());
      writer.write(json, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
