package dev.creek.consumer.postgres;

import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Position;
import dev.creek.consumer.stream.StreamIdentity;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import reactor.core.publisher.Mono;

/**
 * The update that moves a claimed table's position. It is the fence as well: it touches one row
 * while the claim holds and none afterwards, and rows are written only for the row that it returns.
 *
 * <p>It also compares the position that the rows follow: where a crash of the server took the last
 * commits back, rows that come after them must not be written. Their session may never have been
 * told, as a table that is idle has none.
 *
 * <p>It comes first, and rows wait for it, not the other way round: the parts of a statement see
 * nothing of each other but what they return, and where the main query is the update it runs before
 * the parts that write rows – a {@code select … for update} among those then finds its row changed
 * by their own statement, locks nothing, and the position moves without the rows.
 */
final class PositionSql {
  private static final int OWN_PARAMETERS = 10;

  /** A condition that is true. It costs no round trip, and ends with the transaction. */
  private static final String WITHOUT_WAITING =
      " and pg_catalog.set_config('synchronous_commit', 'off', true) = 'off'";

  private final String table;
  private final Claim claim;
  private final String commit;

  /** Transactions commit as the session's do. */
  PositionSql(String table, Claim claim) {
    this(table, claim, "");
  }

  private PositionSql(String table, Claim claim, String commit) {
    this.table = table;
    this.claim = claim;
    this.commit = commit;
  }

  /**
   * The same for transactions whose commit does not wait for the disk. Rows and position are lost
   * together, if the server crashes, and what was lost is read again.
   */
  PositionSql withoutWaiting() {
    return new PositionSql(table, claim, WITHOUT_WAITING);
  }

  /** Moves the position: parameters from 1 on. */
  String update(Moved moved) {
    return "update "
        + table
        + " set lsn = $3::pg_lsn, \"timestamp\" = $4, stream_name = $5, stream_created = $6,"
        + " stream_seq = $7, rows_applied = rows_applied + $8,"
        + " ahead_until = greatest(ahead_until, $10),"
        + " last_change_at = case when $8 > 0 then clock_timestamp() else last_change_at end,"
        + " updated_at = clock_timestamp()"
        + (moved.evidence() == null ? "" : Evidence.assignments(OWN_PARAMETERS + 1))
        + (moved.endsGap() ? ", gap = null" : "")
        + " where target = $1 and epoch = $2 and ($9::bigint is null or coalesce(stream_seq, 0) = $9)"
        + commit;
  }

  /** The number of the first parameter behind those of {@link #update}. */
  static int nextParameter(Moved moved) {
    return 1 + OWN_PARAMETERS + (moved.evidence() == null ? 0 : Evidence.PARAMETERS);
  }

  /** Locks the row, so that nobody can claim the table before the transaction ends. */
  String lock() {
    return "select 1 from "
        + table
        + " where target = $1 and epoch = $2"
        + commit
        + " for no key update";
  }

  void bindClaim(Statement statement) {
    statement.bind(0, claim.mapping().target().toString()).bind(1, claim.epoch());
  }

  /** Binds the parameters of {@link #update}. */
  void bind(Statement statement, Moved moved) {
    bindClaim(statement);
    Position to = moved.to();
    Instant committedAt = to.committedAt();
    StreamIdentity stream = to.stream();
    statement.bind(2, Lsn.format(to.lsn()));
    statement.bind(3, committedAt == null ? SubscriptionRows.NEVER : committedAt);
    Binding.text(statement, 4, stream == null ? null : stream.name());
    Binding.text(statement, 5, stream == null ? null : stream.created().toString());
    statement.bind(6, to.sequence()).bind(7, moved.changes());
    Binding.number(statement, 8, moved.from());
    Binding.time(statement, 9, moved.aheadUntil());
    if (moved.evidence() != null) {
      moved.evidence().bind(statement, OWN_PARAMETERS);
    }
  }

  TargetTable target() {
    return claim.mapping().target();
  }

  /** What earlier commits stored about repetitions. */
  Mono<Repetitions> repetitions(Session session) {
    return session
        .query(
            "select " + Evidence.COLUMNS + " from " + table + " where target = $1 and epoch = $2",
            this::bindClaim,
            row -> new Repetitions(Evidence.of(row)))
        .next()
        .switchIfEmpty(Mono.fromCallable(() -> new Repetitions(null)));
  }
}
