package dev.creek.consumer.postgres;

import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import io.r2dbc.spi.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * How changes of one schema are written into one target: the row plan and its statements, each text
 * made once, so that the driver finds the prepared statement by it. Thread-safe.
 */
final class TablePlan {
  /** From here on what COPY saves is clearly more than to parse and plan the position's update. */
  private static final int COPIED_ROWS = 500;

  private final WalSchema schema;
  private final Target target;
  private final ChangePlan changes;
  private final PositionSql position;
  private final long table;
  private final RowSql rows;
  private final @Nullable CopySql copy;

  /** By what there is to do: deletes, rows or both; alone or inside a transaction. */
  private final Map<Shape, String> texts = new ConcurrentHashMap<>();

  private record Shape(boolean alone, boolean deletes, Rows rows) {}

  /** What is done with rows. */
  enum Rows {
    NONE,
    /**
     * None of them is there; if one is, or COPY does not work here, it fails. Two thirds of an
     * insert's work.
     */
    COPIED,
    /** None of them is there; if one is, the statement fails. */
    INSERTED,
    /**
     * Takes the server nearly twice as long: it looks for each row first, and confirms it in the
     * WAL.
     */
    UPSERTED,
    /** The same, taking unique values from rows that have them, see {@link TakenSql}. */
    UPSERTED_TAKING
  }

  TablePlan(WalSchema schema, Target target, PositionSql position) {
    this.schema = schema;
    this.target = target;
    this.changes = ChangePlan.of(schema, target.shape());
    this.position = position;
    this.table = target.oid();
    this.rows = new RowSql(changes, target);
    this.copy =
        target.copyable() && changes.rows().isCopyable()
            ? CopySql.into(target.sqlName(), changes.rows())
            : null;
  }

  /** Empties the table, and with it all that was missing in it, or too much. */
  String truncate() {
    return rows.truncate() + "; " + position.known().emptied(table);
  }

  /** The names of the columns that changes carry. */
  Set<String> carried() {
    return changes.rows().names();
  }

  WalSchema schema() {
    return schema;
  }

  Target target() {
    return target;
  }

  ChangePlan changes() {
    return changes;
  }

  boolean hasKey() {
    return changes.key() != null;
  }

  /**
   * Folds a batch; for COPY, if it is worth that.
   *
   * @param mayCopy whether to try
   */
  FoldedChanges fold(List<Change> batch, boolean mayCopy) {
    return changes.fold(batch, mayCopy && copy != null ? COPIED_ROWS : Integer.MAX_VALUE);
  }

  /**
   * Copies rows, where {@link #fold} has made a COPY of them, and moves the position: one query,
   * which is one transaction. Touches one row while the claim holds.
   */
  Mono<Long> copyAlone(Session session, CopyRows copied, Moved moved) {
    return Objects.requireNonNull(copy)
        .behind(position.updateOrFail(moved))
        .write(session, copied)
        .thenReturn(1L)
        .onErrorResume(PositionSql::touchedNoRow, e -> Mono.just(0L));
  }

  /** Copies the rows alone, where the transaction holds the fence. */
  Mono<Void> copy(Session session, CopyRows copied) {
    return Objects.requireNonNull(copy).write(session, copied);
  }

  RowSql rows() {
    return rows;
  }

  /** Rows and position in one statement, which returns one row while the claim holds. */
  String alone(FoldedChanges folded, Rows how, Moved moved) {
    return texts.computeIfAbsent(shape(true, folded, how), shape -> alone(shape, moved));
  }

  private String alone(Shape shape, Moved moved) {
    var sql =
        new StringBuilder("with fence as (").append(position.update(moved)).append(" returning 1)");
    int parameter = PositionSql.nextParameter(moved);
    String room = room(shape, "fence, ", parameter);
    sql.append(room);
    if (shape.rows() != Rows.NONE) {
      String from = room.isEmpty() ? "fence, " : "fence, n, ";
      sql.append(", u as (").append(write(shape, from, written(shape, parameter))).append(')');
    }
    return sql.append(" select 1 from fence").toString();
  }

  /** The rows alone, where the transaction holds the fence. */
  String inside(FoldedChanges folded, Rows how) {
    return texts.computeIfAbsent(shape(false, folded, how), this::inside);
  }

  /**
   * The same for rows to upsert and nothing else.
   *
   * @param taking whether they take unique values from rows that have them
   */
  String write(boolean taking) {
    Rows how = taking ? Rows.UPSERTED_TAKING : Rows.UPSERTED;
    return texts.computeIfAbsent(new Shape(false, false, how), this::inside);
  }

  private String inside(Shape shape) {
    if (shape.rows() == Rows.NONE) {
      return rows.deleteByKey("", 1);
    }
    String room = room(shape, "", 1);
    return room.isEmpty()
        ? write(shape, "", 1)
        : "with " + room.substring(2) + " " + write(shape, "n, ", written(shape, 1));
  }

  private String write(Shape shape, String from, int parameter) {
    return shape.rows() == Rows.INSERTED
        ? rows.insert(from, parameter)
        : rows.write(from, parameter);
  }

  /**
   * What goes before rows are written, and the count that makes them wait for it: parts run in no
   * fixed order, and rows may take values that these free. Materialized, or the planner may see
   * that nobody looks at the count, and leave it out. Empty where there is nothing.
   */
  private String room(Shape shape, String from, int parameter) {
    var deletes = new LinkedHashMap<String, String>();
    if (shape.deletes()) {
      deletes.put("d", rows.deleteByKey(from, parameter));
    }
    boolean upserted = shape.rows() == Rows.UPSERTED || shape.rows() == Rows.UPSERTED_TAKING;
    int first = written(shape, parameter);
    String reidentified = upserted ? rows.deleteReidentified(from, first) : null;
    if (reidentified != null) {
      deletes.put("i", reidentified);
    }
    String taken = shape.rows() == Rows.UPSERTED_TAKING ? rows.deleteTaken(from, first) : null;
    if (taken != null) {
      deletes.put("o", taken);
    }
    if (deletes.isEmpty()) {
      return "";
    }
    return deletes.entrySet().stream()
            .map(part -> ", " + part.getKey() + " as (" + part.getValue() + " returning 1)")
            .collect(Collectors.joining())
        + deletes.keySet().stream()
            .map(part -> "select from " + part)
            .collect(
                Collectors.joining(
                    " union all ", ", n as materialized (select count(*) from (", ") as gone)"));
  }

  /** The first parameter of what is written. */
  private int written(Shape shape, int parameter) {
    return parameter + (shape.deletes() ? changes.keyColumns().size() : 0);
  }

  private static Shape shape(boolean alone, FoldedChanges folded, Rows how) {
    return new Shape(
        alone, folded.deletes().rows() > 0, folded.upserts().rows() > 0 ? how : Rows.NONE);
  }

  /** Binds the parameters of {@link #alone}. */
  void bind(Statement statement, Moved moved, FoldedChanges folded) {
    position.bind(statement, moved);
    bind(statement, PositionSql.nextParameter(moved) - 1, folded);
  }

  /** Binds deletes, then upserts, from a parameter's index on. */
  void bind(Statement statement, int index, FoldedChanges folded) {
    int next = index;
    if (folded.deletes().rows() > 0) {
      bindKeys(statement, next, folded.deletes());
      next += changes.keyColumns().size();
    }
    if (folded.upserts().rows() > 0) {
      bindRows(statement, next, folded.upserts());
    }
  }

  void bindKeys(Statement statement, int index, RowColumns keys) {
    bind(statement, index, changes.keyColumns(), keys);
  }

  void bindRows(Statement statement, int index, RowColumns written) {
    bind(statement, index, changes.columns(), written);
  }

  /** Only what is not NULL: {@link RowSql#deleteOne} says the rest in words. */
  void bindKnown(Statement statement, int index, RowColumns row) {
    int next = index;
    for (int i = 0; i < row.columns().size(); i++) {
      if (!row.columns().get(i).hasNull()) {
        PlanColumn column = changes.keyColumns().get(i);
        statement.bind(next++, new BinaryArray(column.sentAs(), row.columns().get(i)));
      }
    }
  }

  private static void bind(
      Statement statement, int index, List<PlanColumn> columns, RowColumns values) {
    for (int i = 0; i < columns.size(); i++) {
      statement.bind(index + i, new BinaryArray(columns.get(i).sentAs(), values.columns().get(i)));
    }
  }
}
