package dev.creek.consumer.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Dotted names with SQL's double quotes: unquoted parts are taken as written, quoted ones may
 * contain any character.
 */
final class QualifiedName {
  private QualifiedName() {}

  /** Joins parts with dots, quoting only those that need it. */
  static String format(String... parts) {
    return Stream.of(parts).map(QualifiedName::quoteIfNeeded).collect(Collectors.joining("."));
  }

  private static String quoteIfNeeded(String part) {
    boolean plain =
        !part.isEmpty()
            && part.chars()
                .noneMatch(c -> c == '.' || c == ':' || c == '"' || Character.isWhitespace(c));
    return plain ? part : '"' + part.replace("\"", "\"\"") + '"';
  }

  /**
   * Splits {@code text} into exactly {@code count} parts.
   *
   * @param what the kind of thing that the text names, for the message
   * @param form the expected form, for the message
   * @throws IllegalArgumentException if it has another number of parts, an empty part, white space
   *     around a part or an open quote
   */
  static List<String> parse(String text, int count, String what, String form) {
    var parts = split(text, '.');
    if (parts.size() != count || parts.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s '%s' must have the form %s; double-quote a part that holds dots, colons or spaces",
              what,
              text,
              form));
    }
    for (String part : parts) {
      requireNothingAround(part, what, text);
    }
    return parts.stream().map(QualifiedName::unquote).toList();
  }

  /**
   * Without quotes, white space around a name is a mistake: the name would look like another one in
   * every list.
   */
  private static void requireNothingAround(String part, String what, String text) {
    if (isInvisible(part.codePointAt(0)) || isInvisible(part.codePointBefore(part.length()))) {
      throw new IllegalArgumentException(
          what
              + " '"
              + text
              + "' has white space around a name: take it away, or double-quote the name if it is"
              + " part of it");
    }
  }

  static boolean isInvisible(int c) {
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || Character.isISOControl(c)
        || Character.getType(c) == Character.FORMAT;
  }

  /**
   * Splits at {@code separator} outside double quotes; parts keep their quotes.
   *
   * @throws IllegalArgumentException if a quote is not closed, or if the text is a URI, which may
   *     contain a password and is not repeated
   */
  static List<String> split(String text, char separator) {
    var parts = new ArrayList<String>();
    var part = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      }
      if (!quoted && text.startsWith("://", i)) {
        throw new IllegalArgumentException("a table's name is expected, not a URI");
      }
      if (c == separator && !quoted) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException("'" + text + "' has a double quote that is not closed");
    }
    parts.add(part.toString());
    return parts;
  }

  private static String unquote(String part) {
    if (part.indexOf('"') < 0) {
      return part;
    }
    boolean whole =
        part.length() >= 3 && part.charAt(0) == '"' && part.charAt(part.length() - 1) == '"';
    String inner = whole ? part.substring(1, part.length() - 1) : "";
    if (!whole || inner.replace("\"\"", "").indexOf('"') >= 0) {
      throw new IllegalArgumentException("'" + part + "' must be quoted as a whole");
    }
    return inner.replace("\"\"", "\"");
  }
}
