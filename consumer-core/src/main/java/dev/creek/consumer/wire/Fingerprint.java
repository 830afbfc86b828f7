package dev.creek.consumer.wire;

import java.nio.ByteBuffer;
import java.util.Base64;

/**
 * The opaque 8-byte key of a schema. Not unique: tables of one name in different schemas, and type
 * changes such as json to jsonb, can share one.
 */
public record Fingerprint(long bits) {

  /** The wire's text form: base64url with padding, 12 characters. */
  @Override
  public String toString() {
    return Base64.getUrlEncoder().encodeToString(ByteBuffer.allocate(8).putLong(bits).array());
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not 8 bytes in base64url
   */
  public static Fingerprint parse(String text) {
    byte[] bytes = Base64.getUrlDecoder().decode(text);
    if (bytes.length != 8) {
      throw new IllegalArgumentException("a fingerprint has 8 bytes, not " + bytes.length);
    }
    return new Fingerprint(ByteBuffer.wrap(bytes).getLong());
  }
}
