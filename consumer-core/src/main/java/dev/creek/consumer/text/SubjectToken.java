package dev.creek.consumer.text;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names that are one token of a NATS subject. */
public final class SubjectToken {
  private SubjectToken() {}

  /**
   * Returns the name.
   *
   * @param what the kind of name, for the message
   * @throws IllegalArgumentException if it cannot be a token
   */
  public static String require(String name, String what) {
    String why = whyNot(name);
    if (why != null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s name '%s' cannot be part of a NATS subject: %s", what, name, why));
    }
    return name;
  }

  /** Tells whether the name can be a token. */
  public static boolean fits(String name) {
    return whyNot(name) == null;
  }

  private static @Nullable String whyNot(String name) {
    if (name.isBlank()) {
      return "it is blank";
    }
    if (name.indexOf('.') >= 0) {
      return "it has a dot";
    }
    if (name.indexOf('*') >= 0 || name.indexOf('>') >= 0) {
      return "it has a wildcard (* or >)";
    }
    return name.chars().anyMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c))
        ? "it has a space or control character"
        : null;
  }
}
