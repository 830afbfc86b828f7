package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.apply.FoldedSql.Expecting;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.row.Misfits;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The plan for writing changes of one schema into one target: the row plan and its statements. Each
 * text is made once, so that the driver finds its prepared statement. Thread-safe.
 */
public final class TablePlan {
  /** From here on COPY saves clearly more than parsing and planning the position's update costs. */
  private static final int COPIED_ROWS = 500;

  private final WalSchema schema;
  private final CatalogTable target;
  private final ChangePlan changes;
  private final PositionSql position;
  private final long table;
  private final RowSql rows;
  private final boolean deferrable;
  private final @Nullable CopySql copy;

  /** The columns of {@link FoldedChanges#moves()}. */
  private final List<PlanColumn> movedColumns;

  /** Texts by the parts that they need, alone or inside a transaction. */
  private final Map<Alone, String> texts = new ConcurrentHashMap<>();

  private final FoldedSql folded;

  private record Alone(boolean alone, FoldedSql.Shape shape) {}

  /** Ways to write rows. */
  public enum Rows {
    NONE,
    /**
     * None of them exists; if one does, or COPY does not work here, it fails. Takes two thirds of
     * an insert's time.
     */
    COPIED,
    /** None of them exists; if one does, the statement fails. */
    INSERTED,
    /**
     * Takes the server nearly twice as long: it looks for each row first, and confirms it in the
     * WAL.
     */
    UPSERTED,
    /** The same, taking unique values from rows that have them, see {@link UniqueConflictSql}. */
    UPSERTED_TAKING
  }

  TablePlan(WalSchema schema, CatalogTable target, PositionSql position) {
    this(schema, target, position, Misfits.STOP);
  }

  TablePlan(WalSchema schema, CatalogTable target, PositionSql position, Misfits misfits) {
    this.schema = schema;
    this.target = target;
    this.changes = ChangePlan.of(schema, target.shape(), misfits);
    this.position = position;
    this.table = target.oid();
    this.rows = new RowSql(changes, target);
    this.deferrable = target.uniques().size() > target.shape().uniqueKeys().size();
    this.folded =
        new FoldedSql(rows, position, changes.keyColumns().size(), changes.columns().size());
    this.movedColumns =
        Stream.concat(changes.keyColumns().stream(), changes.columns().stream()).toList();
    this.copy =
        target.copyable() && changes.rows().isCopyable()
            ? CopySql.into(target.sqlName(), changes.rows())
                .unlessDecided(target.oid(), target.partitioned())
            : null;
  }

  /**
   * Empties the table, and with it all rows that were missing or too many.
   *
   * @param again whether it may come again: then so do rows that a mark may concern
   */
  String truncate(boolean again) {
    return rows.truncate() + "; " + position.known().emptied(table, again);
  }

  /** The names of the columns in the changes. */
  Set<String> carried() {
    return changes.rows().names();
  }

  WalSchema schema() {
    return schema;
  }

  CatalogTable target() {
    return target;
  }

  ChangePlan changes() {
    return changes;
  }

  boolean hasKey() {
    return changes.key() != null;
  }

  /**
   * Folds a batch; for COPY, if it pays.
   *
   * @param mayCopy whether to try
   */
  FoldedChanges fold(List<Change> batch, boolean mayCopy) {
    return changes.fold(batch, mayCopy && copy != null ? COPIED_ROWS : Integer.MAX_VALUE);
  }

  /**
   * Copies rows, if {@link #fold} has prepared a COPY, and moves the position: one query, which is
   * one transaction. Touches one row while the claim holds.
   */
  Mono<Long> copyAlone(Session session, CopyRows copied, PositionAdvance moved) {
    return Objects.requireNonNull(copy)
        .behind(position.updateOrFail(moved))
        .write(session, copied)
        .thenReturn(1L)
        .onErrorResume(PositionSql::touchedNoRow, e -> Mono.just(0L));
  }

  /** Copies the rows alone, if the transaction holds the fence. */
  Mono<Void> copy(Session session, CopyRows copied) {
    return Objects.requireNonNull(copy).write(session, copied);
  }

  RowSql rows() {
    return rows;
  }

  /**
   * Tells whether one statement can run a step and move the position, see {@link
   * OrderedChanges#runAlone}.
   */
  boolean runsAlone(Step step) {
    return !(step instanceof Step.Truncate)
        && (changes.updatesInPlace() || !(step instanceof Step.Replace));
  }

  /** Defers constraints that were checked at the end of a statement to the commit. */
  Mono<Void> deferring(Session session) {
    return deferrable ? session.execute(HeldSession.DEFER_CONSTRAINTS) : Mono.empty();
  }

  /** Rows and position in one statement, which returns one row while the claim holds. */
  String alone(FoldedChanges changes, Rows how, Expecting expecting, PositionAdvance moved) {
    return texts.computeIfAbsent(
        new Alone(true, shape(changes, how, expecting)), key -> folded.alone(key.shape(), moved));
  }

  /** The rows alone, if the transaction holds the fence; see {@link FoldedSql#inside}. */
  String inside(FoldedChanges changes, Rows how, Expecting expecting) {
    return inside(shape(changes, how, expecting));
  }

  /**
   * The same for rows to upsert and nothing else.
   *
   * @param taking whether they take unique values from rows that have them
   */
  String upsert(boolean taking) {
    Rows how = taking ? Rows.UPSERTED_TAKING : Rows.UPSERTED;
    return inside(new FoldedSql.Shape(false, false, false, false, how, Expecting.ANY));
  }

  private String inside(FoldedSql.Shape shape) {
    return texts.computeIfAbsent(new Alone(false, shape), key -> folded.inside(key.shape()));
  }

  /** The rows as a part of a statement that writes other tables as well. */
  Fusible.Piece piece(FoldedSql.Shape shape, String prefix, String from, int parameter) {
    return folded.piece(shape, prefix, from, parameter);
  }

  static FoldedSql.Shape shape(FoldedChanges changes, Rows how, Expecting expecting) {
    return new FoldedSql.Shape(
        changes.deletes().rows() > 0,
        changes.vacated().rows() > 0,
        changes.moves().rows() > 0,
        changes.updates().rows() > 0,
        changes.inserts().rows() > 0 ? how : Rows.NONE,
        expecting);
  }

  /** Binds the parameters of {@link #alone}. */
  void bind(Statement statement, PositionAdvance moved, FoldedChanges folded) {
    position.bind(statement, moved);
    bind(statement, PositionSql.nextParameter(moved) - 1, folded);
  }

  /** Binds the existing parts, from a parameter's index on. */
  void bind(Statement statement, int index, FoldedChanges folded) {
    int next = bind(statement, index, changes.keyColumns(), folded.deletes());
    next = bind(statement, next, changes.keyColumns(), folded.vacated());
    next = bind(statement, next, movedColumns, folded.moves());
    next = bind(statement, next, changes.columns(), folded.updates());
    bind(statement, next, changes.columns(), folded.inserts());
  }

  /** Binds a row's key as it was, and the row. */
  void bindMoved(Statement statement, Step.Replace moved) {
    int next = bind(statement, 0, changes.keyColumns(), moved.key());
    bind(statement, next, changes.columns(), moved.row());
  }

  void bindKeys(Statement statement, int index, RowColumns keys) {
    bind(statement, index, changes.keyColumns(), keys);
  }

  void bindRows(Statement statement, int index, RowColumns written) {
    bind(statement, index, changes.columns(), written);
  }

  /**
   * Binds only values that are not NULL; the text contains the NULLs ({@link RowSql#deleteOne}).
   * Returns the next index.
   */
  int bindKnown(Statement statement, int index, RowColumns row) {
    int next = index;
    for (int i = 0; i < row.columns().size(); i++) {
      if (!row.columns().get(i).hasNull()) {
        PlanColumn column = changes.keyColumns().get(i);
        statement.bind(next++, new BinaryArray(column.sentAs(), row.columns().get(i)));
      }
    }
    return next;
  }

  /** Binds rows, if there are any; returns the next index. */
  private static int bind(
      Statement statement, int index, List<PlanColumn> columns, RowColumns values) {
    for (int i = 0; i < values.columns().size(); i++) {
      statement.bind(index + i, new BinaryArray(columns.get(i).sentAs(), values.columns().get(i)));
    }
    return index + values.columns().size();
  }
}
