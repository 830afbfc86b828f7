package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tables of one source database that a program asks for: names and patterns. Immutable. */
final class TableSelection {
  private static final String ANY = "*";

  private final String database;
  private final List<SourceTable> named;
  private final List<TablePattern> patterns;

  private record TablePattern(SourceTable text, Pattern namespace, Pattern table) {
    static TablePattern of(SourceTable text) {
      return new TablePattern(text, pattern(text.namespace()), pattern(text.table()));
    }

    private static Pattern pattern(String part) {
      return Pattern.compile(
          Stream.of(part.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
          Pattern.DOTALL);
    }

    boolean matches(SourceTable source) {
      return namespace.matcher(source.namespace()).matches()
          && table.matcher(source.table()).matches();
    }
  }

  private TableSelection(String database, List<SourceTable> named, List<TablePattern> patterns) {
    this.database = database;
    this.named = named;
    this.patterns = patterns;
  }

  /**
   * @param tables {@code database.schema.table}; {@code *} in a schema or table stands for any
   *     characters
   * @throws IllegalArgumentException with a message for the user
   */
  static TableSelection of(List<String> tables) {
    if (tables.isEmpty()) {
      throw new IllegalArgumentException("name at least one table, as database.schema.table");
    }
    List<SourceTable> named = new ArrayList<>();
    List<TablePattern> patterns = new ArrayList<>();
    for (String text : tables) {
      SourceTable source = SourceTable.parse(text);
      if (source.database().contains(ANY)) {
        throw new IllegalArgumentException(
            "'%s': the database must be named; only schema and table may hold *".formatted(text));
      }
      if (source.namespace().contains(ANY) || source.table().contains(ANY)) {
        patterns.add(TablePattern.of(source));
      } else if (!named.contains(source)) {
        named.add(source);
      }
    }
    List<String> databases =
        Stream.concat(named.stream(), patterns.stream().map(TablePattern::text))
            .map(SourceTable::database)
            .distinct()
            .toList();
    if (databases.size() > 1) {
      throw new IllegalArgumentException(
          "tables of one database at a time, not of %s: there is no order between databases"
              .formatted(String.join(" and ", databases)));
    }
    return new TableSelection(databases.get(0), List.copyOf(named), List.copyOf(patterns));
  }

  String database() {
    return database;
  }

  /** The table, if it is only one; null otherwise. */
  @Nullable SourceTable only() {
    return patterns.isEmpty() && named.size() == 1 ? named.get(0) : null;
  }

  /** The tables that are named. */
  List<SourceTable> named() {
    return named;
  }

  boolean hasPatterns() {
    return !patterns.isEmpty();
  }

  boolean contains(SourceTable source) {
    return named.contains(source) || patterns.stream().anyMatch(one -> one.matches(source));
  }

  @Override
  public String toString() {
    return Stream.concat(
            named.stream().map(SourceTable::toString),
            patterns.stream().map(one -> one.text().toString()))
        .collect(Collectors.joining(", "));
  }
}
