package dev.creek.consumer.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tables of one source database that are applied together: one reader, and one target transaction a
 * source transaction. A table is in one group at most. Groups of two source databases are two
 * groups, even if they have the same name.
 *
 * @param database name of the source database
 * @param name the name that somebody gave it, or the source database's
 */
public record TableGroup(String database, String name) {
  private static final int MAX_NAME_BYTES = 63;

  /**
   * The group of a table.
   *
   * @param named the named group that it is in; null for none
   * @return empty if the table is applied alone
   */
  public static Optional<TableGroup> of(
      SourceTable source, @Nullable String named, Grouping grouping) {
    if (named != null) {
      return Optional.of(new TableGroup(source.database(), named));
    }
    return switch (grouping) {
      case TABLE -> Optional.empty();
      case DATABASE -> Optional.of(new TableGroup(source.database(), source.database()));
    };
  }

  /**
   * Checks a name that somebody gives to a group. Any characters but control characters will do;
   * the name is not parsed.
   *
   * @return null for the empty name, which means no named group
   * @throws IllegalArgumentException with a message for the user
   */
  public static @Nullable String requireName(String name) {
    if (name.isEmpty()) {
      return null;
    }
    int bytes = name.getBytes(UTF_8).length;
    if (bytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "the name of a group has at most " + MAX_NAME_BYTES + " bytes, not " + bytes);
    }
    if (name.codePoints().anyMatch(TableGroup::isControl)) {
      throw new IllegalArgumentException(
          "the name of a group must not hold control characters, such as line breaks");
    }
    if (QualifiedName.isInvisible(name.codePointAt(0))
        || QualifiedName.isInvisible(name.codePointBefore(name.length()))) {
      throw new IllegalArgumentException(
          "the name of the group "
              + quoted(name)
              + " has white space around it: take it away, because the group would look like"
              + " another one in every list");
    }
    return name;
  }

  private static boolean isControl(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.SURROGATE;
  }

  /** A name in double quotes, as messages and commands show it. */
  public static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** The name without the database's, double-quoted only if it needs to be, as lists show it. */
  public String shownName() {
    return QualifiedName.format(name);
  }

  /** The names of database and group, each double-quoted only if it needs to be. */
  @Override
  public String toString() {
    return QualifiedName.format(database, name);
  }
}
