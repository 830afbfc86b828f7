package dev.creek.consumer.postgres.session;

import io.r2dbc.postgresql.api.ErrorDetails;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server's refusal of a statement, without row values.
 *
 * @param sqlState five characters
 * @param message its message; for data exceptions without the quoted part
 * @param namespace schema of the table or type that it names
 * @param table the table that it names; for a constraint the one that has it, which may be a
 *     partition
 * @param column the column that it names
 * @param type the type that it names, a domain mostly
 * @param constraint the constraint or index that it names
 * @param context the functions and statements in which it was raised, which may contain values: for
 *     searching, never for display
 */
public record Refusal(
    String sqlState,
    String message,
    @Nullable String namespace,
    @Nullable String table,
    @Nullable String column,
    @Nullable String type,
    @Nullable String constraint,
    String context) {
  private static final Pattern QUOTED =
      Pattern.compile("\"[^\"]*\"|'[^']*'|«[^»]*»|„[^“”]*[“”]|0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*");

  private static final Set<String> EXPLAINED =
      Set.of("0A", "21", "22", "23", "2F", "38", "39", "42", "44", "54", "55", "P0");

  static Refusal of(ErrorDetails details) {
    return new Refusal(
        details.getCode(),
        withoutValues(details),
        details.getSchemaName().orElse(null),
        details.getTableName().orElse(null),
        details.getColumnName().orElse(null),
        details.getDataTypeName().orElse(null),
        details.getConstraintName().orElse(null),
        details.getWhere().orElse(""));
  }

  /** Tells whether it concerns a value: data exceptions, and casts that do not exist. */
  public boolean isOfValue() {
    return sqlState.startsWith("22") || sqlState.equals("42846") || sqlState.equals("42804");
  }

  /**
   * Tells whether a limit ended a wait for a lock, or a statement, which may have waited as well.
   */
  boolean isOfTime() {
    return sqlState.equals("55P03") || sqlState.equals("57014");
  }

  /** Tells whether the catalog may explain more: not for errors of servers and sessions. */
  public boolean mayBeExplained() {
    return EXPLAINED.contains(sqlState.substring(0, 2)) || isOfTime();
  }

  /** Tells whether its text contains a name. */
  public boolean names(String name) {
    return Stream.of(message, table, constraint)
        .anyMatch(text -> text != null && text.contains(name));
  }

  /**
   * The same with other names.
   *
   * @param names from the name that the server used to the replacement, in the order of replacement
   */
  public Refusal renamed(List<Map.Entry<String, String>> names) {
    return new Refusal(
        sqlState,
        Objects.requireNonNull(renamed(message, names)),
        namespace,
        renamed(table, names),
        column,
        type,
        renamed(constraint, names),
        context);
  }

  private static @Nullable String renamed(
      @Nullable String text, List<Map.Entry<String, String>> names) {
    String result = text;
    for (Map.Entry<String, String> name : names) {
      result = result == null ? null : result.replace(name.getKey(), name.getValue());
    }
    return result;
  }

  /**
   * Tells whether COPY was reading a value of this column: the context ends with its name, in any
   * language.
   */
  public boolean copied(String name) {
    return context.lines().anyMatch(line -> line.startsWith("COPY ") && line.endsWith(" " + name));
  }

  private static String withoutValues(ErrorDetails details) {
    String message = details.getMessage();
    return details.getCode().startsWith("22") ? QUOTED.matcher(message).replaceAll("...") : message;
  }
}
