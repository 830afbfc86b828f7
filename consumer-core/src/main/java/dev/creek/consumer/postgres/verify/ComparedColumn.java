package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.postgres.session.SqlNames;
import java.util.Set;

/**
 * A column that both sides have, and the text by which its values are compared: equal if the values
 * are, for any versions of the servers and however wide the target's type.
 *
 * @param name its name, on both sides
 * @param sourceType its type on the source, as SQL
 * @param targetType its type on the target
 */
record ComparedColumn(String name, String sourceType, String targetType) {
  private static final Set<String> JSON = Set.of("json", "jsonb");
  private static final Set<String> EXACT_NUMBERS =
      Set.of("numeric", "smallint", "integer", "bigint");

  /**
   * format_type spells char(n) without its modifier as bpchar, and without a given one as
   * character.
   */
  private static final Set<String> PADDED = Set.of("bpchar", "character");

  /** Wider targets print these with more digits, or without a zone. */
  private static final Set<String> NARROWED =
      Set.of("real", "timestamp with time zone", "timestamp without time zone", "date");

  String sourceText() {
    return text(sourceType);
  }

  String targetText() {
    return text(targetType);
  }

  private String text(String ownType) {
    String value = "t." + SqlNames.quoted(name);
    if (JSON.contains(sourceType) && JSON.contains(targetType)) {
      return value + "::jsonb::text";
    }
    if (EXACT_NUMBERS.contains(sourceType) && EXACT_NUMBERS.contains(targetType)) {
      return sourceType.equals("numeric") || targetType.equals("numeric")
          ? "trim_scale(" + value + "::numeric)::text"
          : value + "::text";
    }
    if (PADDED.contains(sourceType) || PADDED.contains(targetType)) {
      return "rtrim(" + value + "::text, ' ')";
    }
    if (!ownType.equals(sourceType) && NARROWED.contains(sourceType)) {
      return value + "::" + sourceType + "::text";
    }
    return value + "::text";
  }
}
