package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.apply.TablePlan.Rows;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.SqlErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The text of the statement that writes a folded batch. Its parts run one after the other, because
 * deleted rows free values that others take. Each part waits for a count of the one before;
 * otherwise the parts would run in no fixed order. The counts are materialized; otherwise the
 * planner may omit one that is not used.
 *
 * <p>Parameters: keys to delete, vacated keys, moves, updates, inserts, as far as there are any.
 */
public final class FoldedSql {
  /** Not a number: a statement that touches fewer rows than it should fails on it. */
  private static final String MISSED = "creek: rows are missing";

  private final RowSql rows;
  private final PositionSql position;
  private final int keyColumns;
  private final int columns;

  /**
   * @param keyColumns number of parameters of keys
   * @param columns number of parameters of rows
   */
  FoldedSql(RowSql rows, PositionSql position, int keyColumns, int columns) {
    this.rows = rows;
    this.position = position;
    this.keyColumns = keyColumns;
    this.columns = columns;
  }

  /** Expectations about the rows that a batch deletes, moves and updates. */
  enum Expecting {
    /** All exist, and all rows are written; otherwise the statement fails: {@link #missedRows}. */
    ALL,
    /**
     * Some may be missing: updates become upserts. All rows are written, or the statement fails as
     * well.
     */
    ANY
  }

  /**
   * The parts of a statement.
   *
   * @param inserts how rows are inserted
   */
  record Shape(
      boolean deletes,
      boolean vacated,
      boolean moves,
      boolean updates,
      Rows inserts,
      Expecting expecting) {}

  /**
   * 1, or an error if the condition does not hold.
   *
   * @see #missedRows
   */
  public static String verdict(String condition) {
    return "(case when " + condition + " then '1' else '" + MISSED + "' end)::int";
  }

  /** Tells whether this is exactly the error of {@link #verdict}. */
  static boolean missedRows(Throwable error) {
    return SqlErrors.isOf("22P02", MISSED, error);
  }

  /** Rows and position; returns one row while the claim holds. */
  String alone(Shape shape, PositionAdvance moved) {
    var parts = new Parts(shape, "", "fence, ", PositionSql.nextParameter(moved));
    return "with fence as ("
        + position.update(moved)
        + " returning 1)"
        + parts.sql().stream().map(", "::concat).collect(Collectors.joining())
        + " select "
        + parts.verdict()
        + " from fence";
  }

  /**
   * The rows alone; returns one row: with {@link Expecting#ANY} the numbers of deleted and of
   * written rows.
   */
  String inside(Shape shape) {
    var parts = new Parts(shape, "", "", 1);
    String counts =
        shape.expecting() == Expecting.ALL
            ? parts.verdict()
            : "("
                + count(shape.deletes(), "d")
                + ")::int8 as deleted, ("
                + count(shape.updates(), "u")
                + " + "
                + count(shape.inserts() != Rows.NONE, "w")
                + ")::int8 as written";
    return "with " + String.join(", ", parts.sql()) + " select " + counts;
  }

  /** The rows as a part of a statement that writes other tables as well, see {@link Fusible}. */
  Fusible.Piece piece(Shape shape, String prefix, String from, int parameter) {
    var parts = new Parts(shape, prefix, from, parameter);
    return new Fusible.Piece(parts.parts, parts.checks);
  }

  private static String count(boolean there, String part) {
    return there ? "(select count(*) from " + part + ")" : "0";
  }

  /** The parts of one statement. */
  private final class Parts {
    private final Shape shape;
    private final String prefix;
    private final List<String> parts = new ArrayList<>();
    private final List<String> checks = new ArrayList<>();
    private String from;

    /**
     * @param prefix of the parts' names
     */
    Parts(Shape shape, String prefix, String fence, int parameter) {
      this.shape = shape;
      this.prefix = prefix;
      this.from = fence;
      int vacated = parameter + (shape.deletes() ? keyColumns : 0);
      int moves = vacated + (shape.vacated() ? keyColumns : 0);
      int updates = moves + (shape.moves() ? keyColumns + columns : 0);
      int inserts = updates + (shape.updates() ? columns : 0);
      makeRoom(parameter, vacated, updates, inserts);
      if (shape.moves()) {
        add("m", rows.moveByKey(from, moves), moves);
        waitFor("nm", "m");
      }
      if (shape.updates()) {
        update(updates);
        waitFor("nu", "u");
      }
      if (shape.inserts() != Rows.NONE) {
        boolean plain = shape.inserts() == Rows.INSERTED;
        parts.add(
            prefix
                + "w as ("
                + (plain ? rows.insert(from, inserts) : rows.write(from, inserts))
                + " returning 1)");
        if (plain || rows.writesAll()) {
          check("w", inserts);
        }
      }
    }

    private void update(int parameter) {
      if (!upsertsUpdates()) {
        add("u", rows.updateByKey(from, parameter), parameter);
        return;
      }
      parts.add(prefix + "u as (" + rows.write(from, parameter) + " returning 1)");
      if (rows.writesAll()) {
        check("u", parameter);
      }
      if (shape.expecting() == Expecting.ALL) {
        parts.add(prefix + "there as materialized (" + rows.countThere(parameter) + ")");
        checks.add("(select count from " + prefix + "there) = cardinality($" + parameter + ")");
      }
    }

    private boolean upsertsUpdates() {
      return shape.expecting() == Expecting.ANY || rows.upsertsUpdates();
    }

    /** Deletes that precede writes. */
    private void makeRoom(int deletes, int vacated, int updates, int inserts) {
      List<String> names = new ArrayList<>();
      if (shape.deletes()) {
        parts.add(prefix + "d as (" + rows.deleteByKey(from, deletes) + ")");
        if (shape.expecting() == Expecting.ALL && !rows.deletesMayMiss()) {
          check("d", deletes);
        }
        names.add("d");
      }
      if (shape.vacated()) {
        parts.add(prefix + "v as (" + rows.deleteByKey(from, vacated) + ")");
        names.add("v");
      }
      if (shape.updates() && upsertsUpdates()) {
        makeRoom(names, "u", updates, shape.inserts() == Rows.UPSERTED_TAKING);
      }
      if (shape.inserts() == Rows.UPSERTED || shape.inserts() == Rows.UPSERTED_TAKING) {
        makeRoom(names, "w", inserts, shape.inserts() == Rows.UPSERTED_TAKING);
      }
      if (!names.isEmpty()) {
        waitFor("nd", names.toArray(String[]::new));
      }
    }

    private void makeRoom(List<String> names, String part, int parameter, boolean taking) {
      gone(names, "i" + part, rows.deleteReidentified(from, parameter));
      gone(names, "o" + part, taking ? rows.deleteTaken(from, parameter) : null);
    }

    private void gone(List<String> names, String name, @Nullable String delete) {
      if (delete != null) {
        parts.add(prefix + name + " as (" + delete + " returning 1)");
        names.add(name);
      }
    }

    private void add(String name, String sql, int parameter) {
      parts.add(prefix + name + " as (" + sql + ")");
      check(name, parameter);
    }

    private void check(String name, int parameter) {
      checks.add("(select count(*) from " + prefix + name + ") = cardinality($" + parameter + ")");
    }

    private void waitFor(String count, String... names) {
      parts.add(
          prefix
              + count
              + " as materialized (select count(*) from ("
              + Stream.of(names)
                  .map(name -> "select from " + prefix + name)
                  .collect(Collectors.joining(" union all "))
              + ") as gone)");
      from += prefix + count + ", ";
    }

    List<String> sql() {
      return parts;
    }

    String verdict() {
      return checks.isEmpty() ? "1" : FoldedSql.verdict(String.join(" and ", checks));
    }
  }
}
