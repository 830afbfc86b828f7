package dev.creek.consumer.app.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;

/** What somebody must show to be let in. Its text form does not tell it. */
public final class BearerToken {
  private static final String SCHEME = "Bearer ";

  private final byte[] token;

  /**
   * @throws IllegalArgumentException where it could not be sent in a header
   */
  public BearerToken(String token) {
    if (!token.matches("[\\x21-\\x7e]+")) {
      throw new IllegalArgumentException("a token is printable ASCII without spaces");
    }
    this.token = token.getBytes(UTF_8);
  }

  /** The header's value that is let in. */
  public String header() {
    return SCHEME + new String(token, UTF_8);
  }

  /** Whether a header {@code Authorization} holds it; takes as long whatever is wrong with it. */
  public boolean admits(String header) {
    return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(token, header.substring(SCHEME.length()).strip().getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return Redaction.HIDDEN;
  }
}
