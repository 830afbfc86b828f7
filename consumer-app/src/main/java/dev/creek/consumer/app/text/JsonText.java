package dev.creek.consumer.app.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;

/**
 * JSON, written field by field: loading a mapper costs more time than writing all that is written
 * here, and more than a whole command takes.
 */
public enum JsonText {
  /** Without white space: for programs. */
  COMPACT,
  /** A field a line, indented: for programs, and for people who look on. */
  INDENTED;

  private static final JsonFactory JSON = new JsonFactory();

  /** Writes the fields of an object. */
  public interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  /** Writes the fields of the object that stands for a value. */
  public interface FieldsOf<T> {
    void write(JsonGenerator json, T value) throws IOException;
  }

  /** One object. */
  public String object(Fields fields) {
    return text(
        json -> {
          json.writeStartObject();
          fields.write(json);
          json.writeEndObject();
        });
  }

  /** One array of objects. */
  public <T> String array(Collection<T> elements, FieldsOf<T> fields) {
    return text(
        json -> {
          json.writeStartArray();
          write(json, elements, fields);
          json.writeEndArray();
        });
  }

  /** An array of objects, as a field. */
  public static <T> void objects(
      JsonGenerator json, String name, Collection<T> elements, FieldsOf<T> fields)
      throws IOException {
    json.writeArrayFieldStart(name);
    write(json, elements, fields);
    json.writeEndArray();
  }

  /** An array of texts, as a field. */
  public static void strings(JsonGenerator json, String name, Collection<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  private static <T> void write(JsonGenerator json, Collection<T> elements, FieldsOf<T> fields)
      throws IOException {
    for (T element : elements) {
      json.writeStartObject();
      fields.write(json, element);
      json.writeEndObject();
    }
  }

  private String text(Fields whole) {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      if (this == INDENTED) {
        json.setPrettyPrinter(new DefaultPrettyPrinter());
      }
      whole.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
