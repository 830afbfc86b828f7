package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.apply.Explanation;
import dev.creek.consumer.postgres.apply.WriteAttempt;
import dev.creek.consumer.postgres.apply.WriterSession;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.row.Misfits;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireMessage;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Loads a snapshot into a separate table that is not visible, and then replaces the target's rows
 * with it. Uses one session throughout: its advisory lock shows that the load table is in use.
 */
final class CleanSnapshot implements SnapshotWriter {
  private static final Logger log = LoggerFactory.getLogger(CleanSnapshot.class);

  private final Workplace workplace;
  private final RowPlan plan;
  private final FinishPlan planned;
  private final LoadTableWriter load;
  private final SnapshotFinish replacement;

  private CleanSnapshot(Workplace workplace, LoadTables.Created created) {
    this.workplace = workplace;
    this.plan = created.plan();
    this.planned = created.ending();
    this.load = new LoadTableWriter(created.plan(), created.table());
    this.replacement =
        new SnapshotFinish(
            workplace.held(),
            workplace.position(),
            workplace.target(),
            created.plan(),
            created.table());
  }

  /** The load table may exist from the first statement on, so it is named before. */
  private record Workplace(
      Sessions sessions,
      WriterSession held,
      PositionSql position,
      Explanation explanation,
      CatalogTable target,
      RecordShape rows,
      LoadTable fresh,
      Misfits misfits) {

    private Mono<CleanSnapshot> open() {
      return held.session()
          .flatMap(
              session ->
                  LoadTables.create(session, position.target(), target, rows, fresh, misfits))
          .map(created -> new CleanSnapshot(this, created))
          .onErrorResume(e -> described(e, WriteAttempt.of(target)));
    }

    /** Releases the session first, which is of no use any more. */
    private <T> Mono<T> described(Throwable error, WriteAttempt attempt) {
      return (Explanation.isLookedAt(error) ? held.close() : Mono.<Void>empty())
          .then(
              Mono.defer(
                  () ->
                      explanation.described(
                          error, "snapshot of " + position.target(), attempt.through(fresh))))
          .flatMap(Mono::error);
    }

    /** Never fails. */
    private Mono<Void> clear() {
      return held.close()
          .then(
              Mono.defer(
                  () ->
                      sessions.use(
                          "removal of " + fresh.sqlName(),
                          session -> session.execute(fresh.drop()))))
          .onErrorResume(
              e -> {
                log.warn("The next start will remove {}: {}", fresh.sqlName(), e.getMessage());
                return Mono.empty();
              });
    }
  }

  /**
   * Creates the load table.
   *
   * @param rows fields of the snapshot's rows
   * @param misfits what is done with columns that do not fit
   */
  static Mono<SnapshotWriter> open(
      Sessions sessions,
      PositionSql position,
      Explanation explanation,
      CatalogTable target,
      RecordShape rows,
      Misfits misfits) {
    return Mono.usingWhen(
        Mono.fromSupplier(
            () ->
                new Workplace(
                    sessions,
                    new WriterSession(sessions, position),
                    position,
                    explanation,
                    target,
                    rows,
                    LoadTable.in(position.target().namespace()),
                    misfits)),
        Workplace::open,
        opened -> Mono.empty(),
        (failed, error) -> failed.clear(),
        Workplace::clear);
  }

  @Override
  public Mono<Prepared> prepare(List<WireMessage> rows) {
    return Mono.fromCallable(() -> load.prepare(rows));
  }

  @Override
  public Mono<Void> write(Prepared prepared) {
    return Failpoint.SNAPSHOT_CHUNK
        .after(session().flatMap(session -> load.write(session, prepared)))
        .onErrorResume(e -> described(e, LoadTableWriter.rows(prepared)));
  }

  @Override
  public Mono<Void> begin(Handover to) {
    return Mono.empty();
  }

  @Override
  public Mono<Void> finish(Handover to, Finishing finishing) {
    return session()
        .flatMap(
            session -> replacement.run(session, planned, PositionAdvance.replaced(to), finishing))
        .onErrorResume(e -> described(e, List.of()));
  }

  private Mono<Void> described(Throwable error, List<RowColumns> written) {
    return workplace.described(
        error,
        WriteAttempt.of(
            workplace.target(), plan, workplace.rows(), madeAnew() ? List.of() : written));
  }

  /** Then the target's types differ from those of the written rows. */
  private boolean madeAnew() {
    return planned instanceof FinishPlan.Swap swap && swap.misfit() != null;
  }

  private Mono<Session> session() {
    return workplace.held().requireOpen().then(workplace.held().session());
  }

  @Override
  public Mono<Void> close() {
    return workplace.clear();
  }
}
