package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Failpoint;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code _notification_log} in the control schema. All times are the database's. */
public final class CommandTable implements CommandLog {
  /** Long enough for a pause of the database, short enough to be waited for after a crash. */
  private static final Duration LEASE = Duration.ofSeconds(12);

  private static final String OPEN = "finished_at is null and verb is not null";

  /** Of a burst, users need only the running commands and the next ones. */
  private static final int MAX_OPEN = 500;

  private static final String LEASED = "clock_timestamp() + interval '" + LEASE + "'";

  private final Sessions sessions;
  private final String owner;
  private final String submit;
  private final String cancel;
  private final String table;
  private final String columns;

  /**
   * @param owner this process, which carries commands out; different after each start
   */
  public CommandTable(Sessions sessions, String controlSchema, String owner) {
    this.sessions = sessions;
    this.owner = owner;
    this.submit = SqlNames.quoted(controlSchema, "_submit");
    this.cancel = SqlNames.quoted(controlSchema, "cancel");
    this.table = SqlNames.quoted(controlSchema, "_notification_log");
    this.columns = CommandRows.columns(table);
  }

  @Override
  public Mono<Long> submit(Command command) {
    return query(
            "command for " + command.target(),
            "select " + submit + "($1, $2, $3, $4, $5, $6, $7)",
            statement -> CommandRows.bind(statement, command),
            row -> Objects.requireNonNull(row.get(0, Long.class)))
        .single();
  }

  @Override
  public Mono<Boolean> cancel(long id) {
    return query(
            "command " + id,
            "select " + cancel + "($1)",
            statement -> statement.bind(0, id),
            row -> Objects.requireNonNull(row.get(0, Boolean.class)))
        .single();
  }

  @Override
  public Mono<CommandRecord> find(long id) {
    return query(
            "command " + id,
            "select " + columns + " from " + table + " l where id = $1",
            statement -> statement.bind(0, id),
            CommandRows::record)
        .next();
  }

  @Override
  public Flux<CommandRecord> newest(int ended) {
    return query(
        "commands",
        """
        select %1$s
        from (select * from %2$s
              where id in (select id from %2$s where %3$s order by id limit %4$d)
                 or id in (select id from %2$s where not (%3$s) order by id desc limit $1)) l
        order by id desc
        """
            .formatted(columns, table, OPEN, MAX_OPEN),
        statement -> statement.bind(0, ended),
        CommandRows::record);
  }

  @Override
  public Mono<List<Pending>> pending() {
    return pending("distinct on (target)", "", statement -> {}).collectList();
  }

  @Override
  public Mono<Pending> next(TargetTable target) {
    return pending("", "and target = $1", s -> s.bind(0, target.toString())).next();
  }

  private Flux<Pending> pending(
      String distinct, String condition, Consumer<PostgresqlStatement> bind) {
    String sql =
        """
        select id, command, cancelled_by,
               status = 'queued' or lease_until is null or lease_until < clock_timestamp() as free,
               coalesce((select min(r.id)
                         from %1$s r
                         where r.target = first.target and r.id > first.id
                           and r.finished_at is null and r.verb = 'remove_table'), 0) as removal
        from (select %2$s id, target, command, status, lease_until, cancelled_by
              from %1$s
              where %3$s %4$s
              order by target, id%5$s) first
        """
            .formatted(table, distinct, OPEN, condition, condition.isEmpty() ? "" : " limit 1");
    return query("commands", sql, bind, CommandRows::pending).concatMap(Mono::justOrEmpty);
  }

  @Override
  public Mono<Integer> take(long id) {
    return query(
            "command " + id,
            """
            update %1$s
            set status = 'running', owner = $2, attempts = attempts + 1, lease_until = %2$s,
                started_at = coalesce(started_at, clock_timestamp()), detail = null
            where id = (select id
                        from %1$s
                        where id = $1 and %3$s
                          and (status = 'queued' or lease_until is null
                               or lease_until < clock_timestamp())
                        for update skip locked)
            returning attempts
            """
                .formatted(table, LEASED, OPEN),
            statement -> statement.bind(0, id).bind(1, owner),
            row -> Objects.requireNonNull(row.get(0, Integer.class)))
        .next();
  }

  @Override
  public Mono<Void> renew(Collection<Long> ids) {
    return update(
        "leases of commands",
        // A transaction that cancels one of them must not cost the others their leases.
        """
        update %1$s
        set lease_until = %2$s
        where id in (select id
                     from %1$s
                     where id = any ($1) and owner = $2 and %3$s
                     for update skip locked)
        """
            .formatted(table, LEASED, OPEN),
        statement -> statement.bind(0, ids.toArray(Long[]::new)).bind(1, owner));
  }

  @Override
  public Mono<Void> note(long id, String detail) {
    return updateHeld(
        id, "detail = $3, lease_until = " + LEASED, statement -> statement.bind(2, detail));
  }

  @Override
  public Mono<Void> progress(long id, SnapshotProgress progress) {
    return updateHeld(
        id,
        // After it was submitted again, it still shows why it waits.
        "step = $3, rows_done = $4, rows_expected = $5,"
            + " detail = case when $3 = 'requesting' then detail end, lease_until = "
            + LEASED,
        statement -> bind(statement, progress));
  }

  @Override
  public Mono<Void> finish(
      long id, String status, @Nullable String detail, @Nullable SnapshotProgress progress) {
    Mono<Void> storing =
        updateHeld(
            id,
            """
        step = coalesce($3, step), rows_done = coalesce($4, rows_done),
        rows_expected = coalesce($5, rows_expected), status = $6, detail = $7,
        finished_at = clock_timestamp(), lease_until = null""",
            statement -> {
              bind(statement, progress);
              statement.bind(5, status);
              Binding.text(statement, 6, detail);
            });
    return Failpoint.AFTER_OUTCOME.after(Failpoint.BEFORE_OUTCOME.before(storing));
  }

  private static void bind(Statement statement, @Nullable SnapshotProgress progress) {
    Binding.text(
        statement, 2, progress == null ? null : progress.step().name().toLowerCase(Locale.ROOT));
    Binding.number(statement, 3, progress == null ? null : progress.rowsDone());
    Binding.number(
        statement,
        4,
        progress == null || progress.rowsExpected() < 0 ? null : progress.rowsExpected());
  }

  @Override
  public Mono<Void> release(long id) {
    return updateHeld(
        id,
        """
        status = case when cancelled_by is null then 'queued' else 'cancelled' end,
        finished_at = case when cancelled_by is null then null else clock_timestamp() end,
        detail = case when cancelled_by is null then detail else 'by ' || cancelled_by end,
        owner = null, lease_until = null, attempts = attempts - 1""",
        statement -> {});
  }

  private Mono<Void> updateHeld(long id, String assignments, Consumer<PostgresqlStatement> bind) {
    return update(
        "command " + id,
        "update " + table + " set " + assignments + " where id = $1 and owner = $2 and " + OPEN,
        statement -> bind.accept(statement.bind(0, id).bind(1, owner)));
  }

  @Override
  public Mono<Long> prune() {
    return sessions.use(
        "old commands",
        this::hint,
        session ->
            session.update(
                """
                delete from %1$s
                where (finished_at is not null or verb is null)
                  and ("timestamp" < now() - interval '30 days'
                       or id <= (select max(id) - 10000 from %1$s))
                """
                    .formatted(table),
                statement -> {}));
  }

  private <T> Flux<T> query(
      String what,
      String sql,
      Consumer<PostgresqlStatement> bind,
      Function<? super Readable, T> row) {
    return sessions
        .use(what, this::hint, session -> session.query(sql, bind, row).collectList())
        .flatMapIterable(rows -> rows);
  }

  private Mono<Void> update(String what, String sql, Consumer<PostgresqlStatement> bind) {
    return sessions.use(what, this::hint, session -> session.update(sql, bind)).then();
  }

  private @Nullable String hint(String sqlState) {
    return switch (sqlState) {
      case "42P01", "42703", "42883", "3F000" ->
          "the control schema is missing or old: let the service create it (serve does)";
      case "42501" ->
          "let the owner of the control schema grant the service's role what creek-consumer init"
              + " --print-sql shows";
      default -> null;
    };
  }
}
