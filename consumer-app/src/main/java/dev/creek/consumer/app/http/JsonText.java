package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;

/** JSON, written by hand: a mapper costs more to load than all that is written here. */
final class JsonText {
  private static final JsonFactory JSON = new JsonFactory();

  private JsonText() {}

  /** What writes the members of an object. */
  interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  /** What writes the members of an object that stands for something. */
  interface BodyOf<T> {
    void write(JsonGenerator json, T of) throws IOException;
  }

  /** One array of objects, as text. */
  static <T> String array(Collection<T> elements, BodyOf<T> body) {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartArray();
      for (T element : elements) {
        json.writeStartObject();
        body.write(json, element);
        json.writeEndObject();
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** An array of texts, as a member. */
  static void strings(JsonGenerator json, String name, Collection<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  /** One object, as text. */
  static String object(Body body) {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
