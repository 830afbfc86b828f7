package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import reactor.core.publisher.Mono;

/**
 * The update that moves a claimed table's position. It is the fence as well: it touches one row
 * while the claim holds and none afterwards, and rows are written only for the row that it returns.
 *
 * <p>It also compares the position before the rows: if a crash of the server took the last commits
 * back, later rows must not be written. Their session may not have noticed the crash, because an
 * idle table has no session.
 *
 * <p>It comes first, and rows wait for it, not the other way round. The parts of a statement see
 * only what the others return. If the update is the main query, it runs before the parts that write
 * rows. A {@code select … for update} among those then finds its row changed by its own statement,
 * and locks nothing, and the position moves without the rows.
 */
public final class PositionSql {
  /** Not a number: a statement without parameters fails on it if it touches no row. */
  private static final String NO_ROW = "creek: the claim is over";

  /** A condition that is true. It costs no round trip, and ends with the transaction. */
  private static final String WITHOUT_WAITING =
      " and pg_catalog.set_config('synchronous_commit', 'off', true) = 'off'";

  private final String table;
  private final IncompletenessSql marks;
  private final KnownTargetSql known;
  private final Claim claim;
  private final String target;
  private final String commit;

  /** Commits wait as the session is set. */
  public PositionSql(String table, Claim claim, IncompletenessSql marks, KnownTargetSql known) {
    this(table, claim, marks, known, "");
  }

  private PositionSql(
      String table, Claim claim, IncompletenessSql marks, KnownTargetSql known, String commit) {
    this.table = table;
    this.claim = claim;
    this.marks = marks;
    this.known = known;
    this.target = claim.mapping().target().toString();
    this.commit = commit;
  }

  /**
   * The same for transactions whose commit does not wait for the disk. If the server crashes, rows
   * and position are lost together, and are read again.
   */
  public PositionSql withoutWaiting() {
    return new PositionSql(table, claim, marks, known, WITHOUT_WAITING);
  }

  /** Moves the position: parameters from 1 on. */
  public String update(PositionAdvance moved) {
    return update(
        PositionValues.PARAMETERS,
        (moved.evidence() == null ? "" : AppliedMark.assignments(PositionValues.COUNT + 1))
            + (moved.horizon() == null ? "" : moved.horizon())
            + (moved.endsGap() ? ", gap = null" + AppliedMark.NONE : ""));
  }

  /**
   * The same without parameters, for changes of a table with a key: for a query that cannot have
   * parameters, such as one with a COPY after it. If it touches no row, it is an error, so that
   * nothing after it is done: {@link #touchedNoRow}.
   */
  public String updateOrFail(PositionAdvance moved) {
    return "with fence as ("
        + update(PositionValues.literals(target, claim.epoch(), moved), "")
        + " returning 1) select "
        + allTouched(1)
        + " from fence;";
  }

  /**
   * 1 if there are as many rows as positions to move, otherwise an error: {@link #touchedNoRow}.
   */
  public static String allTouched(int positions) {
    return "(case count(*) when " + positions + " then '1' else '" + NO_ROW + "' end)::int";
  }

  private String update(PositionValues to, String more) {
    return update(to, more, "");
  }

  /**
   * The same with values that come from elsewhere.
   *
   * @param from empty, or the FROM clause
   */
  String update(PositionValues to, String more, String from) {
    return "update "
        + table
        + (" set lsn = " + to.lsn() + "::pg_lsn")
        + (", \"timestamp\" = " + to.committedAt())
        + (", stream_name = " + to.stream() + ", stream_created = " + to.streamCreated())
        + (", stream_seq = " + to.sequence())
        + (", rows_applied = rows_applied + " + to.changes())
        // An older clean snapshot takes back what a newer one had brought.
        + (", ahead_until = coalesce(" + to.aheadUntil() + ", ahead_until)")
        + (", last_change_at = case when " + to.changes() + " > 0")
        + " then clock_timestamp() else last_change_at end, updated_at = clock_timestamp()"
        + more
        + from
        + (" where target = " + to.target() + " and epoch = " + to.epoch())
        + (" and ("
            + to.from()
            + "::bigint is null or coalesce(stream_seq, 0) = "
            + to.from()
            + ")")
        + commit;
  }

  /** Tells whether this is exactly the error of {@link #updateOrFail}. */
  public static boolean touchedNoRow(Throwable error) {
    return SqlErrors.isOf("22P02", NO_ROW, error);
  }

  /** The number of the first parameter after those of {@link #update}. */
  public static int nextParameter(PositionAdvance moved) {
    return 1 + PositionValues.COUNT + (moved.evidence() == null ? 0 : AppliedMark.PARAMETERS);
  }

  /** Locks the row, so that the table cannot be claimed before the transaction ends. */
  public String lock() {
    return "select 1 from "
        + table
        + " where target = $1 and epoch = $2"
        + commit
        + " for no key update";
  }

  /** The same whoever has claimed it: parameter 1. */
  public String lockForAnyClaim() {
    return "select 1 from " + table + " where target = $1 for no key update";
  }

  /** Removes the row, if this claim has created it and nothing was applied: parameters 1, 2. */
  public String withdraw() {
    return "delete from "
        + table
        + " where target = $1 and epoch = $2 and epoch = 1 and not active and stream_seq is null";
  }

  /** Statements about the table's marks, for a caller that holds the fence. */
  public IncompletenessSql marks() {
    return marks;
  }

  /** Checks whether the table is still the same. */
  public KnownTarget known() {
    return new KnownTarget(known, this);
  }

  public void bindClaim(Statement statement) {
    bindTarget(statement);
    statement.bind(1, claim.epoch());
  }

  /** Binds the parameter of {@link #lockForAnyClaim}. */
  public void bindTarget(Statement statement) {
    statement.bind(0, target);
  }

  /** Binds the parameters of {@link #update}. */
  public void bind(Statement statement, PositionAdvance moved) {
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
      moved.evidence().bind(statement, PositionValues.COUNT);
    }
  }

  long epoch() {
    return claim.epoch();
  }

  public TargetTable target() {
    return claim.mapping().target();
  }

  /** The repetitions stored by earlier commits. */
  public Mono<RepublishedFilter> repetitions(Session session) {
    return session
        .query(
            "select "
                + AppliedMark.COLUMNS
                + " from "
                + table
                + " where target = $1 and epoch = $2",
            this::bindClaim,
            row -> new RepublishedFilter(AppliedMark.of(row)))
        .next()
        .switchIfEmpty(Mono.fromCallable(() -> new RepublishedFilter(null)));
  }
}
