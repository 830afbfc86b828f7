package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.StoppedAt;
import dev.creek.consumer.postgres.position.HorizonSql;
import dev.creek.consumer.postgres.position.SubscriptionRows;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Gathered;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.HeldException;
import io.r2dbc.spi.Statement;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The right to write a table: epoch and owner in {@code subscriptions}. The epoch alone ensures
 * that two never write. The check for another owner only avoids conflicts, and may be outdated at
 * the time of the claim.
 */
public final class Claims {
  private static final Logger log = LoggerFactory.getLogger(Claims.class);

  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final InstanceSql instances;
  private final Gathered<Mapping, Claim> free;
  private final Gathered<ManyClaims.Shown, Boolean> shown;

  public Claims(Sessions sessions, SubscriptionTable subscriptions, InstanceSql instances) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.instances = instances;
    ManyClaims many = new ManyClaims(sessions, subscriptions, instances);
    this.free = new Gathered<>(many::takeFree, mapping -> claim(mapping, false));
    this.shown = new Gathered<>(many::report, one -> reportAlone(one.claim(), one.state()));
  }

  /** Takes the table unless another live instance has it. */
  public Mono<Claim> claim(Mapping mapping) {
    return free.ask(mapping);
  }

  /** Takes the table unless another instance is writing it just now, or takes a snapshot of it. */
  public Mono<Claim> takeOver(Mapping mapping) {
    return claim(mapping, true);
  }

  private Mono<Claim> claim(Mapping mapping, boolean insisting) {
    return sessions.use(
        "claim of " + mapping.target(),
        subscriptions::hint,
        session ->
            ClaimHolder.of(session, mapping, subscriptions.sqlName(), instances)
                .flatMap(
                    holder ->
                        requireNoSnapshot(mapping, holder)
                            .then(Mono.defer(() -> free(session, mapping, holder, insisting))))
                .then(take(session, mapping)));
  }

  private static Mono<Void> requireNoSnapshot(Mapping mapping, ClaimHolder holder) {
    return holder.snapshotBy() == null
        ? Mono.empty()
        : Mono.error(
            HeldException.forSnapshot(
                holder.snapshotBy() + " takes a snapshot of " + mapping.target()));
  }

  /** Errors if the table must not be taken. */
  private Mono<Void> free(Session session, Mapping mapping, ClaimHolder holder, boolean insisting) {
    String owner = holder.owner();
    if (owner == null || (holder.writing() == null && (insisting || !holder.ownerAlive()))) {
      return Mono.empty();
    }
    if (!holder.ownerAlive() && holder.stalled() != null) {
      return endSession(session, mapping, owner, holder.stalled());
    }
    // A claim would wait for the row's lock, with one of the pool's connections.
    String who = holder.writing() == null ? owner + " still has " : "a session still writes to ";
    return Mono.error(HeldException.forChanges(who + mapping.target()));
  }

  /**
   * A stalled process keeps its transaction open, and with it the lock on the table's row. Its
   * changes are read again from the broker.
   */
  private Mono<Void> endSession(Session session, Mapping mapping, String owner, int process) {
    return session
        .query(
            "select pg_terminate_backend($1)", statement -> statement.bind(0, process), row -> true)
        .doOnComplete(
            () ->
                log.atWarn()
                    .addKeyValue("table", mapping.target())
                    .log(
                        "{}: ended session {} of {}, which has stopped sending heartbeats",
                        mapping.target(),
                        process,
                        owner))
        .then();
  }

  private Mono<Claim> take(Session session, Mapping mapping) {
    return claimed(
        session,
        mapping,
        """
        update %s
        set epoch = epoch + 1, owner = $3, updated_at = now()
        where target = $1 and topic = $2 and active
        returning epoch, ahead_until, skip_seqs, skip_stream, gap, schema_changes, %s, %s, %s
        """);
  }

  /**
   * As {@link #claim}, subscribed or not: a new row only keeps the position. It does not wait for
   * instances that apply the table.
   */
  public Mono<Claim> claimForSnapshot(Mapping mapping) {
    return sessions.use(
        "claim of " + mapping.target(),
        subscriptions::hint,
        session ->
            ClaimHolder.of(session, mapping, subscriptions.sqlName(), instances)
                .flatMap(holder -> requireNoSnapshot(mapping, holder))
                .then(takeForSnapshot(session, mapping)));
  }

  private Mono<Claim> takeForSnapshot(Session session, Mapping mapping) {
    return claimed(
            session,
            mapping,
            """
            insert into %s as s
                (topic, target, lsn, "timestamp", active, state, epoch, owner, updated_at)
            values ($2, $1, '0/0', '0001-01-01 00:00:00+00', false, 'inactive', 1, $3, now())
            on conflict (target) do update
                set epoch = s.epoch + 1, owner = excluded.owner, updated_at = now()
                where s.topic = excluded.topic
            returning epoch, ahead_until, skip_seqs, skip_stream, gap, schema_changes, %s, %s, %s
            """)
        .switchIfEmpty(Mono.error(() -> SubscriptionTable.otherSource(mapping)));
  }

  private Mono<Claim> claimed(Session session, Mapping mapping, String sql) {
    Mono<Claim> claiming =
        session
            .query(
                sql.formatted(
                    subscriptions.sqlName(),
                    SubscriptionRows.POSITION,
                    HorizonSql.COLUMNS,
                    SubscriptionRows.FAILURE),
                statement ->
                    statement
                        .bind(0, mapping.target().toString())
                        .bind(1, mapping.source().toString())
                        .bind(2, instances.id()),
                row -> ManyClaims.claim(row, mapping))
            .next();
    return Failpoint.AFTER_CLAIM.after(Failpoint.BEFORE_CLAIM.before(claiming));
  }

  /**
   * Releases the table, so that no other instance waits, and the state does not say that changes
   * are applied.
   */
  public Mono<Boolean> release(Claim claim) {
    return update(
        "release of " + claim.mapping().target(),
        """
        update %s
        set owner = null, updated_at = now(),
            state = case when not active then 'inactive'
                         when state in ('streaming', 'snapshotting') then 'waiting'
                         else state end,
            lag = null, member = null
        where target = $1 and epoch = $2
        """,
        statement -> bind(statement, claim));
  }

  /**
   * Waits, up to the lock timeout, while a writer has a transaction open on the row: so never wait
   * for it between the parts of one transaction.
   */
  public Mono<Boolean> report(Claim claim, TableState state) {
    return shown.ask(new ManyClaims.Shown(claim, state));
  }

  private Mono<Boolean> reportAlone(Claim claim, TableState state) {
    return update(
        "state of " + claim.mapping().target(),
        """
        update %s
        set state = $3, reason = $4, hint = $5, failed_seq = $6, failed_stream = $7,
            gap = case $3 when 'gap' then $4 when 'streaming' then null else gap end,
            updated_at = now()
        where target = $1 and epoch = $2
        """,
        statement -> {
          bind(statement, claim);
          statement.bind(2, state.name().stored());
          Binding.text(statement, 3, state.shownReason());
          Binding.text(statement, 4, state.hint());
          StoppedAt stoppedAt = state.stoppedAt();
          Binding.number(statement, 5, stoppedAt == null ? null : stoppedAt.sequence());
          Binding.text(
              statement, 6, stoppedAt == null ? null : stoppedAt.stream().created().toString());
        });
  }

  private static void bind(Statement statement, Claim claim) {
    statement.bind(0, claim.mapping().target().toString()).bind(1, claim.epoch());
  }

  /** Changes the claimed row; false if the claim is over. */
  private Mono<Boolean> update(String what, String sql, Consumer<Statement> bind) {
    return sessions
        .use(
            what,
            subscriptions::hint,
            session -> session.update(sql.formatted(subscriptions.sqlName()), bind::accept))
        .map(rows -> rows == 1);
  }
}
