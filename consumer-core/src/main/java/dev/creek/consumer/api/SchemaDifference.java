package dev.creek.consumer.api;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A difference between a source's schema, as the wire shows it, and its target table.
 *
 * @param kind the kind of the difference
 * @param column the column's name on the source, or on the target if the source does not have it;
 *     empty for a difference of the key
 * @param reason a description, without values of rows
 * @param sql the statements that end it, in order; of a {@link Kind#RENAMED}, one for each meaning
 * @param work what the statements make the server do
 * @param required whether changes cannot be applied without them
 */
public record SchemaDifference(
    Kind kind, String column, String reason, List<String> sql, Work work, boolean required) {

  private static final Pattern LINE_BREAK = Pattern.compile("\\R");

  public SchemaDifference {
    sql = List.copyOf(sql);
  }

  /**
   * Tells whether rows that are there do not get the source's values by the statements: only the
   * next change of each row brings them, or a snapshot.
   */
  public boolean leavesRowsIncomplete() {
    return kind == Kind.COLUMN_ADDED;
  }

  /**
   * Tells whether it may be ended without asking: nothing is lost by its statements, and they have
   * one meaning.
   */
  public boolean isUnambiguous() {
    return kind != Kind.RENAMED && kind != Kind.COLUMN_GONE;
  }

  /**
   * Differences as a script for psql: each with a comment, and statements that are not {@linkplain
   * #isUnambiguous() unambiguous} as comments as well.
   *
   * @param mapping source and target
   */
  public static String script(Mapping mapping, List<SchemaDifference> differences) {
    var script = new StringBuilder(comment(mapping.toString()));
    if (differences.isEmpty()) {
      return script.append(": the target fits the source").toString();
    }
    for (SchemaDifference difference : differences) {
      script.append('\n').append(comment(difference.reason())).append(": ");
      script.append(difference.work().description());
      if (difference.leavesRowsIncomplete()) {
        script.append("; rows that are there get values with their next change, or by a snapshot");
      }
      for (String statement : difference.sql()) {
        script.append('\n').append(difference.isUnambiguous() ? statement : comment(statement));
      }
    }
    return script.toString();
  }

  /** Text, which may hold names with line breaks, as a comment of SQL. */
  static String comment(String text) {
    return "-- " + LINE_BREAK.matcher(text).replaceAll("\n-- ");
  }

  /** Kinds of a difference. */
  public enum Kind {
    /** The target lacks a column of the source. */
    COLUMN_ADDED,
    /** The source's type holds all values of the target's, and more. */
    TYPE_WIDER,
    /** The types differ otherwise. */
    TYPE_OTHER,
    /** The target's enum lacks a label. */
    ENUM_LABEL,
    /** The source had a column that it does not have any more. */
    COLUMN_GONE,
    /** The source does not have a column that is NOT NULL without a default. */
    NOT_NULL,
    /** A column is gone and one of the same type is new: it may be the same under another name. */
    RENAMED,
    /** The target has no key on the columns by which the source tells its rows apart. */
    KEY,
    /** The target has such a key, which cannot be used. */
    KEY_UNUSABLE;

    /** Its name for people and programs, such as {@code column_added}. */
    public String stored() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A server's work for a statement, and whom it keeps out meanwhile. */
  public enum Work {
    /** It changes the catalog only; everybody is kept out. */
    CATALOG("locks the table for a moment"),
    /** It builds an index, for which it reads all rows; everybody is kept out. */
    INDEX("locks the table while it reads all rows and builds an index"),
    /** It writes all rows anew, and builds all indexes; everybody is kept out. */
    REWRITE("locks the table while it writes all rows anew, and builds its indexes"),
    /** It reads all rows; everybody is kept out. */
    SCAN("locks the table while it reads all rows"),
    /** It changes the catalog only; nobody who reads or writes is kept out. */
    CATALOG_BESIDE("lets others read and write"),
    /** It reads all rows; nobody who reads or writes is kept out. */
    SCAN_BESIDE("reads all rows while others read and write"),
    /** It builds an index; nobody who reads or writes is kept out. */
    INDEX_BESIDE(
        "reads all rows and builds an index while others read and write; not in a transaction"),
    /** It builds an index; writers are kept out. */
    INDEX_WITHOUT_WRITERS("keeps writers out while it reads all rows and builds an index"),
    /** A foreign key without a look at the rows; writers of both of its tables are kept out. */
    KEY("keeps writers out of both tables for a moment"),
    /** A foreign key that is checked at once; writers of both of its tables are kept out. */
    KEY_SCAN("keeps writers out of both tables while it reads all rows");

    private final String description;

    Work(String description) {
      this.description = description;
    }

    /** A phrase for people. */
    public String description() {
      return description;
    }
  }
}
