package dev.creek.consumer.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.api.MessageException;
import org.jspecify.annotations.Nullable;

/**
 * A schema as the schema stream and the schema request return it.
 *
 * @param fingerprint its key; null for a table that the producer cannot encode
 * @param schema the schema's JSON, for {@link SchemaParser}; the text {@code null} if there is none
 * @param source {@code namespace.table}, unquoted: of the first table with this fingerprint
 * @param createdAt time when the producer stored it, RFC 3339 as published, or empty
 */
public record SchemaMessage(
    @Nullable Fingerprint fingerprint, String schema, String source, String createdAt) {

  /**
   * Reads the JSON {@code {"fingerprint", "schema", "source", "created_at"}}.
   *
   * @throws MessageException if it is something else
   */
  public static SchemaMessage parse(byte[] bytes, int offset, int length) {
    JsonNode message = WireJson.object(bytes, offset, length, "schema message");
    String schema = ShapeReader.text(message, "schema");
    if (schema.isEmpty()) {
      throw new MessageException("a schema message without a schema");
    }
    return new SchemaMessage(
        fingerprint(ShapeReader.text(message, "fingerprint")),
        schema,
        ShapeReader.text(message, "source"),
        ShapeReader.text(message, "created_at"));
  }

  /** Reads the JSON of a message of the schema stream. */
  public static SchemaMessage parse(WireMessage message) {
    return parse(message.bytes(), message.offset(), message.length());
  }

  private static @Nullable Fingerprint fingerprint(String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Fingerprint.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MessageException(
          "a schema message with a fingerprint that is not 8 bytes in base64");
    }
  }
}
