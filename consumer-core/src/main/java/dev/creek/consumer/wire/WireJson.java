package dev.creek.consumer.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.creek.consumer.api.MessageException;
import java.io.IOException;
import java.util.Locale;

/** JSON of the wire. Errors name the place, never the text, which might be a row by mistake. */
final class WireJson {
  private static final ObjectReader READER = JsonMapper.builder().build().readerFor(JsonNode.class);

  private WireJson() {}

  static JsonNode object(String json, String what) {
    try {
      return object(READER.readTree(json), what);
    } catch (JacksonException e) {
      throw malformed(what, e);
    }
  }

  static JsonNode object(byte[] bytes, int offset, int length, String what) {
    try {
      return object(READER.readTree(bytes, offset, length), what);
    } catch (JacksonException e) {
      throw malformed(what, e);
    } catch (IOException e) {
      throw new MessageException(what + " is not JSON");
    }
  }

  private static JsonNode object(JsonNode node, String what) {
    if (!node.isObject()) {
      throw new MessageException(
          what + " is not a JSON object but " + node.getNodeType().name().toLowerCase(Locale.ROOT));
    }
    return node;
  }

  // Without the cause: its message quotes the text.
  private static MessageException malformed(String what, JacksonException e) {
    var at = e.getLocation();
    return new MessageException(
        at == null
            ? what + " is not JSON"
            : what + " is not JSON at line " + at.getLineNr() + ", column " + at.getColumnNr());
  }
}
