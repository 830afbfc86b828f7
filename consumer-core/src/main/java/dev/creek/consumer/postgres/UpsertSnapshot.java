package dev.creek.consumer.postgres;

import dev.creek.consumer.control.SnapshotProgress;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.ShapeMismatchException;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.WireMessage;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * Upserts a snapshot's rows into the live table, chunk by chunk, each committed by itself and only
 * while the claim holds.
 */
final class UpsertSnapshot implements SnapshotWriter {
  private static final int CLAIM_PARAMETERS = 2;

  private final HeldSession held;
  private final PositionSql position;
  private final SqlHints hints;
  private final RowPlan plan;
  private final String upsert;

  /**
   * @throws ShapeMismatchException where the target has no key to tell rows apart by
   */
  UpsertSnapshot(
      Sessions sessions, PositionSql position, SqlHints hints, Target target, RowPlan plan) {
    if (plan.key() == null) {
      throw new ShapeMismatchException(
          "rows of "
              + position.target()
              + " cannot be upserted: it has no primary key, nor a unique key that is the source's",
          "take a clean snapshot (mode clean), which replaces all rows");
    }
    this.position = position;
    this.held = new HeldSession(sessions, position);
    this.hints = hints;
    this.plan = plan;
    this.upsert =
        "with fence as ("
            + position.lock()
            + "), u as ("
            + InsertSql.upsert(plan, target).sql("fence, ", 1 + CLAIM_PARAMETERS)
            + ") select 1 from fence";
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
    return held.requireOpen()
        .then(held.session())
        .flatMap(session -> session.update(upsert, statement -> bind(statement, rows)))
        .flatMap(held::requireClaim)
        .onErrorMap(this::told);
  }

  private void bind(Statement statement, RowColumns rows) {
    position.bindClaim(statement);
    List<PlanColumn> columns = plan.columns();
    for (int i = 0; i < columns.size(); i++) {
      statement.bind(
          CLAIM_PARAMETERS + i, new BinaryArray(columns.get(i).sentAs(), rows.columns().get(i)));
    }
  }

  @Override
  public Mono<Void> finish(Handover to, Consumer<SnapshotProgress.Step> steps) {
    var moved = new Moved(to);
    return held.requireOpen()
        .then(Mono.fromRunnable(() -> steps.accept(SnapshotProgress.Step.FINISHING)))
        .then(held.session())
        .flatMap(session -> session.update(position.update(moved), s -> position.bind(s, moved)))
        .flatMap(held::requireClaim)
        .onErrorMap(this::told);
  }

  private RuntimeException told(Throwable error) {
    return SqlErrors.told(error, "snapshot of " + position.target(), hints);
  }

  @Override
  public Mono<Void> close() {
    return held.close();
  }
}
