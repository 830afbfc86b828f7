package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.postgres.position.KnownTargetSql;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.SubscriptionRows;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.text.Remedy;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code subscriptions} in the control schema: the subscribed tables and their owners. */
public final class SubscriptionTable implements Subscriptions {
  private static final String UNIQUE_VIOLATION = "23505";
  private static final String UNDEFINED_COLUMN = "42703";
  private static final String UNDEFINED_TABLE = "42P01";

  private final Sessions sessions;
  private final Migrator migrator;
  private final NotificationListener wakeUps;
  private final String table;
  private final String controlSchema;
  private final String present;
  private final String incompleteness;
  private final String requireGroup;
  private final String setGroup;
  private final KnownTargetSql known;

  public SubscriptionTable(Sessions sessions, DatabaseOptions options) {
    this.sessions = sessions;
    this.migrator = new Migrator(options.controlSchema(), options.controlRole());
    this.wakeUps = new NotificationListener(sessions, options);
    this.table = SqlNames.quoted(options.controlSchema(), "subscriptions");
    this.controlSchema = options.controlSchema();
    this.present =
        SubscriptionRows.present(table, SqlNames.quoted(options.controlSchema(), "status"));
    this.known = new KnownTargetSql(options.controlSchema());
    this.requireGroup =
        SqlNames.quoted(options.controlSchema(), "_require_group") + "($2, $1, $3, false)";
    this.setGroup = SqlNames.quoted(options.controlSchema(), "_set_group");
    this.incompleteness = SqlNames.quoted(options.controlSchema(), "incompleteness");
  }

  public Migrator migrator() {
    return migrator;
  }

  /** Its name as SQL. */
  public String sqlName() {
    return table;
  }

  /** Statements about the marks of a table. */
  IncompletenessSql marks(TargetTable target) {
    return new IncompletenessSql(incompleteness, target);
  }

  /** Statements about the tables that the targets were. */
  KnownTargetSql known() {
    return known;
  }

  /** Hints for a claimed table that cannot be written. */
  public TableHints hints(Claim claim) {
    return new TableHints(claim.mapping(), controlSchema);
  }

  /** The position of a claimed table. */
  public PositionSql position(Claim claim) {
    return new PositionSql(table, claim, marks(claim.mapping().target()), known);
  }

  @Override
  public Mono<Void> migrate() {
    return Mono.defer(() -> migrator.migrate(sessions));
  }

  /** Completes if the control schema exists and fits; creates nothing. */
  public Mono<Void> requireThere() {
    return Mono.defer(() -> migrator.requireThere(sessions));
  }

  /** Completes if the control schema fits. */
  public Mono<Void> check() {
    return Mono.defer(() -> migrator.check(sessions));
  }

  /** Payloads of notifications, while {@link #changes} is subscribed to. */
  public Flux<String> notifications() {
    return wakeUps.payloads();
  }

  public boolean isListening() {
    return wakeUps.isListening();
  }

  @Override
  public Flux<Subscription> all() {
    return read(SubscriptionRows.select("", table, incompleteness));
  }

  @Override
  public Flux<Subscription> present() {
    return read(SubscriptionRows.select("", present, incompleteness));
  }

  /** As {@link #all}, also if there are only the Go consumer's columns. */
  public Flux<Subscription> asTheyAre() {
    return all()
        .onErrorResume(
            e -> UNDEFINED_COLUMN.equals(SqlErrors.sqlState(e)),
            e -> read(SubscriptionRows.selectUngrouped(table, incompleteness)))
        .onErrorResume(
            e -> UNDEFINED_TABLE.equals(SqlErrors.sqlState(e)),
            e -> read("select " + SubscriptionRows.UNMARKED_COLUMNS + " from " + table))
        .onErrorResume(
            e -> UNDEFINED_COLUMN.equals(SqlErrors.sqlState(e)),
            e -> read("select " + SubscriptionRows.GO_COLUMNS + " from " + table));
  }

  private Flux<Subscription> read(String sql) {
    return sessions
        .use(
            "subscriptions",
            this::hint,
            session ->
                session
                    .query(
                        sql + " order by target", statement -> {}, SubscriptionRows::subscription)
                    .collectList())
        .flatMapIterable(rows -> rows.stream().flatMap(Optional::stream).toList());
  }

  @Override
  public Flux<Signal> changes() {
    return wakeUps.signals();
  }

  @Override
  public Mono<Subscription> activate(Mapping mapping, @Nullable String group) {
    return changeAndWake(
            mapping.target(),
            """
            with changed as (
                insert into %1$s as s (topic, target, lsn, "timestamp", active, state, updated_at, group_name)
                select $2, $1, '0/0', '0001-01-01 00:00:00+00', true, 'waiting', now(), $3
                from %2$s as allowed
                on conflict (target) do update
                    set active = true, updated_at = now(),
                        group_name = coalesce(excluded.group_name, s.group_name),
                        state = case when s.active then s.state else 'waiting' end,
                        reason = case when s.active then s.reason end,
                        hint = case when s.active then s.hint end
                    where s.topic = excluded.topic
                returning *)
            """
                .formatted(table, allowed(group)),
            statement -> bindGroup(statement, mapping, group))
        .filter(Optional::isPresent)
        .switchIfEmpty(Mono.error(() -> otherSource(mapping)))
        // A trigger sets the marks of a new row after the statement.
        .then(find(mapping.target()));
  }

  @Override
  public Mono<Subscription> begin(Mapping mapping, Position position, @Nullable String group) {
    StreamIdentity stream = position.stream();
    String given =
        stream == null
            ? "null::text, null::text, null::bigint"
            : "%s, %s, %d"
                .formatted(
                    SqlNames.literal(stream.name()),
                    SqlNames.literal(stream.created().toString()),
                    position.sequence());
    return changeAndWake(
            mapping.target(),
            """
            with changed as (
                insert into %1$s as s (topic, target, lsn, "timestamp", active, state, updated_at, group_name,
                                       stream_name, stream_created, stream_seq)
                select $2, $1, '0/0', '0001-01-01 00:00:00+00', true, 'waiting', now(), $3, %3$s
                from %2$s as allowed
                on conflict (target) do update
                    set active = true, updated_at = now(), state = 'waiting', reason = null, hint = null,
                        group_name = coalesce(excluded.group_name, s.group_name),
                        stream_name = excluded.stream_name, stream_created = excluded.stream_created,
                        stream_seq = excluded.stream_seq
                    where s.topic = excluded.topic
                      and (s.epoch = 0
                           or s.stream_seq is null
                              and coalesce(s."timestamp", '0001-01-01') < '0002-01-01 00:00:00+00')
                returning *)
            """
                .formatted(table, allowed(group), given),
            statement -> bindGroup(statement, mapping, group))
        .filter(Optional::isPresent)
        .switchIfEmpty(Mono.error(() -> hasPosition(mapping)))
        .then(find(mapping.target()));
  }

  @Override
  public Mono<Boolean> setGroup(TargetTable target, @Nullable String group) {
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    "select " + setGroup + "($1, $2)",
                    statement -> Binding.text(statement.bind(0, target.toString()), 1, group),
                    row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                .single());
  }

  /** One row, or an error. Without a group nothing is called, so roles need no right for that. */
  private String allowed(@Nullable String group) {
    return group == null ? "(select)" : requireGroup;
  }

  private static void bindGroup(Statement statement, Mapping mapping, @Nullable String group) {
    statement.bind(1, mapping.source().toString());
    Binding.text(statement, 2, group);
  }

  private static DatabaseException hasPosition(Mapping mapping) {
    return new DatabaseException(
        mapping.target()
            + " holds a position already and goes on from there, or it is subscribed to another source than "
            + mapping.source(),
        UNIQUE_VIOLATION,
        null,
        "add it without a start, and it continues from there; or begin again: "
            + Remedy.resync(mapping),
        null);
  }

  static DatabaseException otherSource(Mapping mapping) {
    return new DatabaseException(
        "target " + mapping.target() + " is subscribed to another source than " + mapping.source(),
        UNIQUE_VIOLATION,
        null,
        "a position belongs to one source: remove the target's row from subscriptions first",
        null);
  }

  /** The next epoch stops the instance that applies the table at once, not at its next check. */
  @Override
  public Mono<Boolean> deactivate(TargetTable target) {
    return changeAndWake(
            target,
            """
            with changed as (
                update %1$s
                set active = false, state = 'inactive', reason = null, hint = null, lag = null, member = null,
                    epoch = epoch + 1, owner = null, updated_at = now()
                where target = $1
                returning *)
            """
                .formatted(table),
            statement -> {})
        .hasElement();
  }

  @Override
  public Mono<String> skip(TargetTable target, long sequence) {
    String sql =
        """
        with passed as (
        update %1$s
        set skip_seqs = array(
                select distinct passed
                from unnest(case when skip_stream is not distinct from stopped.stream
                                 then skip_seqs end || $2) as passed
                where stopped.stream is distinct from stream_created or passed > stream_seq
                      or passed = $2
                order by passed),
            skip_stream = stopped.stream, updated_at = now()
        from (select case when state = 'failed' and failed_seq = $2 then failed_stream
                          when $2 = any (skip_seqs) then skip_stream end as stream
              from %1$s
              where target = $1) as stopped
        where target = $1 and active and stopped.stream is not null
        returning coalesce(reason, 'passed over before') as reason
        ), marked as (%2$s)
        select reason from passed
        """
            .formatted(
                table,
                marks(target)
                    .insert(
                        new Incompleteness(
                            Incompleteness.Cause.SKIPPED,
                            Long.toString(sequence),
                            "the change at stream sequence " + sequence + " was skipped"),
                        "passed"));
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql,
                    statement -> statement.bind(0, target.toString()).bind(1, sequence),
                    row -> Objects.requireNonNull(row.get("reason", String.class)))
                .next());
  }

  /** A row that is being written is left for the next time: its pipeline must not wait for this. */
  @Override
  public Mono<Void> note(Map<TargetTable, Note> notes) {
    String sql =
        """
        with told as (
                 select target, make_interval(secs => seconds) as lag, member
                 from unnest($1::text[], $2::int8[], $3::bool[]) as given (target, seconds, member)),
             free as (
                 select s.target, told.lag, told.member
                 from %1$s s join told on told.target = s.target
                 where s.active and (s.lag, s.member) is distinct from (told.lag, told.member)
                 for no key update of s skip locked)
        update %1$s s
        set lag = free.lag, member = free.member
        from free
        where s.target = free.target
        """
            .formatted(table);
    int count = notes.size();
    String[] targets = new String[count];
    Long[] seconds = new Long[count];
    Boolean[] members = new Boolean[count];
    int at = 0;
    for (Map.Entry<TargetTable, Note> note : notes.entrySet()) {
      Duration lag = note.getValue().lag();
      Membership membership = note.getValue().membership();
      targets[at] = note.getKey().toString();
      seconds[at] = lag == null ? null : lag.toSeconds();
      members[at] = membership == null ? null : membership == Membership.MEMBER;
      at++;
    }
    return sessions
        .use(
            "notes on subscriptions",
            this::hint,
            session ->
                session.update(
                    sql, statement -> statement.bind(0, targets).bind(1, seconds).bind(2, members)))
        .then();
  }

  /** A row as it is; an error if it is gone. */
  private Mono<Subscription> find(TargetTable target) {
    String sql = SubscriptionRows.select("", table, incompleteness) + " where s.target = $1";
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql,
                    statement -> statement.bind(0, target.toString()),
                    SubscriptionRows::subscription)
                .single()
                .flatMap(Mono::justOrEmpty));
  }

  /** Changes one row, wakes the services, returns the row; empty if none was changed. */
  private Mono<Optional<Subscription>> changeAndWake(
      TargetTable target, String change, Consumer<Statement> bind) {
    String sql =
        change
            + SubscriptionRows.select(
                ", pg_notify('" + NotificationListener.CHANNEL + "', '')",
                "changed",
                incompleteness);
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql,
                    statement -> bind.accept(statement.bind(0, target.toString())),
                    SubscriptionRows::subscription)
                .next());
  }

  public @Nullable String hint(String sqlState) {
    return switch (sqlState) {
      case "42P01", "42703", "3F000" ->
          "the control schema is missing or old: let the service create it (serve does)";
      case "42501" ->
          "the role needs usage of the control schema, and select, insert, update and delete on the"
              + " tables in it: creek-consumer init --print-sql shows the grants";
      default -> null;
    };
  }
}
