package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;

/**
 * The page: one resource without any others, and a policy that allows a browser to load and run
 * nothing else. Immutable.
 */
final class StatusPage {
  private final String html;
  private final String policy;

  private StatusPage(String html) {
    this.html = html;
    this.policy =
        "default-src 'none'; script-src '"
            + hash("script")
            + "'; style-src '"
            + hash("style")
            + "'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'";
  }

  /** Reads it: it blocks for a moment. */
  static StatusPage load() {
    try (InputStream in =
        Objects.requireNonNull(StatusPage.class.getResourceAsStream("status.html"))) {
      return new StatusPage(new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String html() {
    return html;
  }

  /** The value of {@code Content-Security-Policy}. */
  String policy() {
    return policy;
  }

  /** The policy's value for the one element of this kind. */
  private String hash(String element) {
    int start = html.indexOf("<" + element + ">") + element.length() + 2;
    String content = html.substring(start, html.indexOf("</" + element + ">", start));
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
