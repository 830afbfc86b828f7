package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.postgres.apply.Explanation;
import dev.creek.consumer.postgres.apply.InsertStrategy;
import dev.creek.consumer.postgres.apply.TablePlan;
import dev.creek.consumer.postgres.apply.WriteAttempt;
import dev.creek.consumer.postgres.apply.WriterSession;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireMessage;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Upserts a snapshot's rows into the live table, chunk by chunk, each committed by itself and only
 * while the claim holds.
 */
final class UpsertSnapshotWriter implements SnapshotWriter {
  private static final Logger log = LoggerFactory.getLogger(UpsertSnapshotWriter.class);

  private static final Incompleteness DOUBT =
      new Incompleteness(
          Incompleteness.Cause.UNPROVEN,
          "upsert snapshot",
          "an upsert snapshot was given up: changes come again, and rows that differ on the source "
              + "but have the same key here may have become one");

  private final Sessions sessions;
  private final WriterSession held;
  private final PositionSql position;
  private final Explanation explanation;
  private final CatalogTable target;
  private final RecordShape shape;
  private final RowPlan plan;
  private final UpsertSnapshotSql statements;
  private final String insert;
  private final String upsert;
  private final Extent extent;

  /** Only for writes, which follow each other. */
  private final InsertStrategy fresh = new InsertStrategy();

  /** Transactions that have written chunks; only for writes. */
  private final List<Long> transactions = new ArrayList<>();

  /** What the extent told before the first row. */
  private volatile @Nullable String begun;

  /**
   * @param plan one with a key
   * @param extent what of the rows is written
   */
  UpsertSnapshotWriter(
      Sessions sessions,
      PositionSql position,
      Explanation explanation,
      CatalogTable target,
      RecordShape shape,
      RowPlan plan,
      Extent extent) {
    UniqueKey key = Objects.requireNonNull(plan.key());
    this.sessions = sessions;
    this.position = position;
    this.held = new WriterSession(sessions, position);
    this.explanation = explanation;
    this.target = target;
    this.shape = shape;
    this.plan = plan;
    this.extent = extent;
    // Nothing depends on a chunk before the last commit, which is synchronous and covers it.
    this.statements = new UpsertSnapshotSql(position.withoutWaiting(), target, plan, key, extent);
    this.insert = statements.insert();
    this.upsert = statements.upsert();
  }

  private record Rows(RowColumns content) implements Prepared {
    @Override
    public int rows() {
      return content.rows();
    }
  }

  @Override
  public Mono<Prepared> prepare(List<WireMessage> rows) {
    return Mono.fromCallable(() -> new Rows(plan.transcode(rows)));
  }

  @Override
  public Mono<Void> write(Prepared prepared) {
    RowColumns rows = ((Rows) prepared).content();
    if (rows.rows() == 0) {
      return Mono.empty();
    }
    return Failpoint.SNAPSHOT_CHUNK
        .after(session().flatMap(session -> written(session, rows)))
        .onErrorResume(e -> described(e, List.of(rows)));
  }

  private boolean mayDisplace(Throwable error) {
    return SqlErrors.mayDependOnOrder(error) && statements.canDisplace();
  }

  private Mono<Void> displacing(Session session, RowColumns rows) {
    return run(
            session,
            statements.displacing(),
            statement -> statements.bind(statement, rows, transactions))
        .flatMap(held::requireClaim);
  }

  /** Returns 1 while the claim holds. */
  private Mono<Long> run(Session session, String sql, Consumer<PostgresqlStatement> bind) {
    return session
        .query(
            sql,
            bind,
            row -> {
              transactions.add(Objects.requireNonNull(row.get(0, Long.class)));
              return Objects.requireNonNull(row.get(1, Long.class));
            })
        .next()
        .doOnNext(this::report)
        .map(displaced -> 1L)
        .defaultIfEmpty(0L);
  }

  private void report(long displaced) {
    if (displaced == 0) {
      return;
    }
    log.atInfo()
        .addKeyValue("table", position.target())
        .log(
            "{} rows of {} were removed, because the snapshot gives their unique values to other rows",
            displaced,
            position.target());
  }

  private Mono<Void> written(Session session, RowColumns rows) {
    return requireApart(session, rows)
        .then(
            fresh.write(
                how ->
                    run(
                        session,
                        how == TablePlan.Rows.INSERTED ? insert : upsert,
                        statement -> statements.bind(statement, rows)),
                Mono.empty()))
        .flatMap(held::requireClaim)
        .onErrorResume(this::mayDisplace, e -> displacing(session, rows));
  }

  /** Used if the key is only assumed: checks that no row has the key of one of an earlier chunk. */
  private Mono<Void> requireApart(Session session, RowColumns rows) {
    return !plan.assumesKey() || transactions.isEmpty()
        ? Mono.empty()
        : session
            .query(
                statements.meets(),
                statement -> statements.bindKeys(statement, rows, transactions),
                row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
            .single()
            .filter(meets -> meets)
            .flatMap(meets -> Mono.error(plan.secondRow("the snapshot of " + position.target())));
  }

  @Override
  public Mono<Void> begin(Handover to) {
    return held.requireOpen()
        .then(held.transaction())
        .flatMap(
            session ->
                movedBack(session, to)
                    .then(Mono.defer(() -> extent.begins(session, position)))
                    .doOnNext(told -> begun = told)
                    .then(Mono.defer(() -> plan.assumesKey() ? doubting(session) : Mono.empty()))
                    .then(Mono.defer(() -> held.commit(session))))
        .onErrorResume(e -> described(e, List.of()));
  }

  private Mono<Void> movedBack(Session session, Handover to) {
    return moved(session, PositionAdvance.upserted(to)).flatMap(held::requireClaim);
  }

  /**
   * From here on changes count as coming again, including those that come for the first time and
   * for which an assumed key cannot be checked. An applied snapshot shows that the key holds; one
   * that is given up leaves the mark.
   */
  private Mono<Void> doubting(Session session) {
    return session.execute(position.marks().insertAll(List.of(DOUBT)));
  }

  @Override
  public Mono<Void> finish(Handover to, Finishing finishing) {
    var moved = PositionAdvance.upserted(to);
    return Mono.fromRunnable(() -> finishing.begins(SnapshotProgress.Step.FINISHING))
        .then(held.requireOpen())
        .then(Failpoint.SNAPSHOT_LOADED.before(held.transaction()))
        .flatMap(
            session ->
                moved(session, moved)
                    .flatMap(held::requireClaim)
                    .then(Mono.defer(() -> marked(session, moved, finishing)))
                    .then(
                        Failpoint.SNAPSHOT_COMMITTED.after(
                            finishing.lastCommit(held.commit(session)))))
        .onErrorResume(e -> described(e, List.of()));
  }

  private Mono<Void> marked(Session session, PositionAdvance moved, Finishing finishing) {
    IncompletenessSql marks = position.marks();
    Long first = transactions.isEmpty() ? null : transactions.get(0);
    return extent
        .written(
            session,
            position,
            plan,
            new Extent.End(
                moved,
                begun,
                first,
                (reason, settling) -> finishing.doubts(reason, settled(settling))))
        .then(
            Mono.defer(
                () ->
                    session.execute(marks.delete(DOUBT) + "; " + marks.insertAll(moved.marks()))));
  }

  /** In a session of its own: this writer is closed by then. */
  private Mono<Boolean> settled(Function<Session, Mono<Boolean>> settling) {
    return sessions.transaction("marks of " + position.target(), SqlHints.NONE, settling);
  }

  private Mono<Long> moved(Session session, PositionAdvance moved) {
    return session.update(position.update(moved), s -> position.bind(s, moved));
  }

  private Mono<Session> session() {
    return held.requireOpen().then(held.session());
  }

  private Mono<Void> described(Throwable error, List<RowColumns> written) {
    String what = "snapshot of " + position.target();
    if (SqlErrors.isState("21000", error) && plan.assumesKey()) {
      return Mono.error(plan.secondRow(what));
    }
    return (Explanation.isLookedAt(error) ? held.close() : Mono.<Void>empty())
        .then(
            Mono.defer(
                () ->
                    explanation.described(
                        error, what, WriteAttempt.of(target, plan, shape, written))))
        .flatMap(Mono::error);
  }

  @Override
  public Mono<Void> close() {
    return held.close();
  }
}
