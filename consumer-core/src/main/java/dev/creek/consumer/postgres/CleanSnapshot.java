package dev.creek.consumer.postgres;

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
 * Loads a snapshot into a fresh table that nobody sees, and then lets it replace what the target
 * holds. One session throughout: its advisory lock says that the fresh table is in use.
 */
final class CleanSnapshot implements SnapshotWriter {
  private static final Logger log = LoggerFactory.getLogger(CleanSnapshot.class);

  private final Workplace workplace;
  private final Ending planned;
  private final FreshLoad load;
  private final Replacement replacement;

  private CleanSnapshot(Workplace workplace, FreshTables.Created created) {
    this.workplace = workplace;
    this.planned = created.ending();
    this.load = new FreshLoad(created.plan(), created.table());
    this.replacement =
        new Replacement(
            workplace.held(),
            workplace.position(),
            workplace.target(),
            created.plan(),
            created.table());
  }

  /** The fresh table may be there from the first statement on, so it is named before. */
  private record Workplace(
      Sessions sessions,
      HeldSession held,
      PositionSql position,
      SqlHints hints,
      Target target,
      RecordShape rows,
      FreshTable fresh) {

    private Mono<CleanSnapshot> open() {
      return held.session()
          .flatMap(session -> FreshTables.create(session, position.target(), target, rows, fresh))
          .map(created -> new CleanSnapshot(this, created))
          .onErrorMap(this::told);
    }

    private RuntimeException told(Throwable error) {
      return SqlErrors.told(error, "snapshot of " + position.target(), hints);
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
   * Creates the fresh table.
   *
   * @param rows what the snapshot holds
   */
  static Mono<SnapshotWriter> open(
      Sessions sessions, PositionSql position, SqlHints hints, Target target, RecordShape rows) {
    return Mono.usingWhen(
        Mono.fromSupplier(
            () ->
                new Workplace(
                    sessions,
                    new HeldSession(sessions, position),
                    position,
                    hints,
                    target,
                    rows,
                    FreshTable.in(position.target().namespace()))),
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
        .onErrorMap(workplace::told);
  }

  @Override
  public Mono<Void> begin(Handover to) {
    return Mono.empty();
  }

  @Override
  public Mono<Void> finish(Handover to, Finishing finishing) {
    return session()
        .flatMap(session -> replacement.run(session, planned, Moved.replaced(to), finishing))
        .onErrorMap(workplace::told);
  }

  private Mono<Session> session() {
    return workplace.held().requireOpen().then(workplace.held().session());
  }

  @Override
  public Mono<Void> close() {
    return workplace.clear();
  }
}
