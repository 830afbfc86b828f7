package dev.creek.consumer.app.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;

/** The token that requests must contain. Its text form does not show it. */
public final class BearerToken {
  private static final String SCHEME = "Bearer ";

  private final byte[] token;

  /**
   * @throws IllegalArgumentException if it cannot be sent in a header
   */
  public BearerToken(String token) {
    if (!token.matches("[\\x21-\\x7e]+")) {
      throw new IllegalArgumentException("a token is printable ASCII without spaces");
    }
    this.token = token.getBytes(UTF_8);
  }

  /** The header's accepted value. */
  public String header() {
    return SCHEME + new String(token, UTF_8);
  }

  /**
   * Tells whether a header {@code Authorization} contains it; takes equally long for every wrong
   * value.
   */
  public boolean admits(String header) {
    return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(token, header.substring(SCHEME.length()).strip().getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return Redaction.HIDDEN;
  }
}
