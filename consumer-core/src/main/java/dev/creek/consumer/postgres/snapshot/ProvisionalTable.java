package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.WireMessage;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The writer of a table that was created for its snapshot. Where nothing comes of the snapshot the
 * table goes again, and the row of its claim, as if neither had been there: unless it holds rows,
 * or others refer to it by then.
 */
final class ProvisionalTable implements SnapshotWriter {
  private static final Logger log = LoggerFactory.getLogger(ProvisionalTable.class);

  private final SnapshotWriter writer;
  private final Sessions sessions;
  private final PositionSql position;
  private final TargetTable table;
  private volatile boolean finished;

  ProvisionalTable(
      SnapshotWriter writer, Sessions sessions, PositionSql position, TargetTable table) {
    this.writer = writer;
    this.sessions = sessions;
    this.position = position;
    this.table = table;
  }

  @Override
  public Mono<Prepared> prepare(List<WireMessage> rows) {
    return writer.prepare(rows);
  }

  @Override
  public Mono<Void> write(Prepared prepared) {
    return writer.write(prepared);
  }

  @Override
  public Mono<Void> begin(Handover to) {
    return writer.begin(to);
  }

  @Override
  public Mono<Void> finish(Handover to, Finishing finishing) {
    return writer.finish(to, finishing).doOnSuccess(nothing -> finished = true);
  }

  @Override
  public Mono<Void> close() {
    return writer.close().then(Mono.defer(() -> finished ? Mono.empty() : takeBack()));
  }

  private Mono<Void> takeBack() {
    String name = SqlNames.quoted(table.namespace(), table.table());
    return sessions
        .transaction(
            "removal of " + table,
            SqlHints.NONE,
            session ->
                session
                    .execute(
                        "set local lock_timeout = '1s'; lock table "
                            + name
                            + " in access exclusive mode")
                    .then(isEmpty(session, name))
                    .filter(empty -> empty)
                    .delayUntil(empty -> session.execute("drop table " + name))
                    .delayUntil(empty -> session.update(position.withdraw(), position::bindClaim)))
        .onErrorResume(
            e -> {
              log.info("{}, which was made for a snapshot, stays: {}", table, e.getMessage());
              return Mono.empty();
            })
        .then();
  }

  private static Mono<Boolean> isEmpty(Session session, String name) {
    return session
        .query(
            "select not exists (select from " + name + ")",
            statement -> {},
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }
}
