package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.postgres.position.KnownTargetSql;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.SubscriptionRows;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Gathered;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.text.Remedy;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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
  private final String controlSchema;
  private final SubscriptionSql sql;
  private final KnownTargetSql known;
  private final Gathered<Mapping, Subscription> activations;

  public SubscriptionTable(Sessions sessions, DatabaseOptions options) {
    this.sessions = sessions;
    this.migrator = new Migrator(options.controlSchema(), options.controlRole());
    this.wakeUps = new NotificationListener(sessions, options);
    this.controlSchema = options.controlSchema();
    this.sql = new SubscriptionSql(controlSchema);
    this.known = new KnownTargetSql(controlSchema);
    this.activations = new Gathered<>(this::activateAll, mapping -> activateAlone(mapping, null));
  }

  public Migrator migrator() {
    return migrator;
  }

  /** Its name as SQL. */
  public String sqlName() {
    return sql.table();
  }

  /** Statements about the marks of a table. */
  IncompletenessSql marks(TargetTable target) {
    return sql.marks(target);
  }

  /** Statements about the tables that the targets were. */
  public KnownTargetSql known() {
    return known;
  }

  /** Hints for a claimed table that cannot be written. */
  public TableHints hints(Claim claim) {
    return new TableHints(claim.mapping(), controlSchema);
  }

  /** The position of a claimed table. */
  public PositionSql position(Claim claim) {
    return new PositionSql(sql.table(), claim, marks(claim.mapping().target()), known);
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
    return read(sql.all());
  }

  @Override
  public Flux<Subscription> present() {
    return read(sql.present());
  }

  /** As {@link #all}, also if there are only the Go consumer's columns. */
  public Flux<Subscription> asTheyAre() {
    return all()
        .onErrorResume(
            e -> UNDEFINED_COLUMN.equals(SqlErrors.sqlState(e)), e -> read(sql.ungrouped()))
        .onErrorResume(
            e -> UNDEFINED_TABLE.equals(SqlErrors.sqlState(e)), e -> read(sql.unmarked()))
        .onErrorResume(
            e -> UNDEFINED_COLUMN.equals(SqlErrors.sqlState(e)), e -> read(sql.ofGoConsumer()));
  }

  private Flux<Subscription> read(String select) {
    return sessions
        .use(
            "subscriptions",
            this::hint,
            session ->
                session
                    .query(
                        select + " order by target",
                        statement -> {},
                        SubscriptionRows::subscription)
                    .collectList())
        .flatMapIterable(rows -> rows.stream().flatMap(Optional::stream).toList());
  }

  @Override
  public Flux<Signal> changes() {
    return wakeUps.signals();
  }

  @Override
  public Mono<Subscription> activate(Mapping mapping, @Nullable String group) {
    return group == null ? activations.ask(mapping) : activateAlone(mapping, group);
  }

  private Mono<Map<Mapping, Subscription>> activateAll(List<Mapping> mappings) {
    String[] targets = Binding.each(mappings, one -> one.target().toString());
    return sessions
        .use(
            "subscriptions of %d tables".formatted(mappings.size()),
            this::hint,
            session ->
                session
                    .query(
                        sql.andWake(sql.activateAll()),
                        statement ->
                            statement
                                .bind(0, targets)
                                .bind(1, Binding.each(mappings, one -> one.source().toString())),
                        SubscriptionRows::subscription)
                    // A trigger sets the marks of new rows after the statement.
                    .thenMany(
                        session.query(
                            sql.rows(),
                            statement -> statement.bind(0, targets),
                            SubscriptionRows::subscription))
                    .collectList())
        .map(
            rows ->
                rows.stream()
                    .flatMap(Optional::stream)
                    .filter(row -> row.active() && mappings.contains(row.mapping()))
                    .collect(Collectors.toMap(Subscription::mapping, row -> row)));
  }

  private Mono<Subscription> activateAlone(Mapping mapping, @Nullable String group) {
    return changeAndWake(
            mapping.target(),
            sql.activate(group),
            statement -> bindGroup(statement, mapping, group))
        .filter(Optional::isPresent)
        .switchIfEmpty(Mono.error(() -> otherSource(mapping)))
        // A trigger sets the marks of a new row after the statement.
        .then(find(mapping.target()));
  }

  @Override
  public Mono<Subscription> begin(Mapping mapping, Position position, @Nullable String group) {
    return changeAndWake(
            mapping.target(),
            sql.begin(position, group),
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
                    sql.setGroup(),
                    statement -> Binding.text(statement.bind(0, target.toString()), 1, group),
                    row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                .single());
  }

  @Override
  public Mono<Boolean> setSchemaChanges(TargetTable target, @Nullable SchemaPolicy policy) {
    return changeAndWake(
            target,
            sql.setSchemaChanges(),
            statement -> Binding.text(statement, 1, policy == null ? null : policy.stored()))
        .hasElement();
  }

  @Override
  public Mono<Void> keepSchemaChanges(Mapping mapping, @Nullable SchemaPolicy policy) {
    return changeAndWake(
            mapping.target(),
            sql.keepSchemaChanges(),
            statement ->
                Binding.text(
                    statement.bind(1, mapping.source().toString()),
                    2,
                    policy == null ? null : policy.stored()))
        .filter(Optional::isPresent)
        .switchIfEmpty(Mono.error(() -> otherSource(mapping)))
        .then();
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
    return changeAndWake(target, sql.deactivate(), statement -> {}).hasElement();
  }

  @Override
  public Mono<String> skip(TargetTable target, long sequence) {
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql.skip(target, sequence),
                    statement -> statement.bind(0, target.toString()).bind(1, sequence),
                    row -> Objects.requireNonNull(row.get("reason", String.class)))
                .next());
  }

  /** A row that is being written is left for the next time: its pipeline must not wait for this. */
  @Override
  public Mono<Void> note(Map<TargetTable, Note> notes) {
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
                    sql.note(),
                    statement -> statement.bind(0, targets).bind(1, seconds).bind(2, members)))
        .then();
  }

  /** A row as it is; an error if it is gone. */
  private Mono<Subscription> find(TargetTable target) {
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql.row(),
                    statement -> statement.bind(0, target.toString()),
                    SubscriptionRows::subscription)
                .single()
                .flatMap(Mono::justOrEmpty));
  }

  /** Changes one row, wakes the services, returns the row; empty if none was changed. */
  private Mono<Optional<Subscription>> changeAndWake(
      TargetTable target, String change, Consumer<Statement> bind) {
    return sessions.use(
        "subscription " + target,
        this::hint,
        session ->
            session
                .query(
                    sql.andWake(change),
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
