package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.postgres.control.Migrator;
import dev.creek.consumer.postgres.session.PoolerErrors;
import dev.creek.consumer.postgres.session.PoolerException;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SharedSessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Checks the target server and the control schema, changes nothing, and reports what the operator
 * should know.
 */
final class TargetCheck {
  private static final String CONTROL =
      """
      select has_schema_privilege(n.oid, 'usage') as usable,
             pg_has_role(n.nspowner, 'usage') as owned,
             (select coalesce(string_agg(c.relname::text, ', ' order by c.relname), '')
              from pg_class c
              where c.relnamespace = n.oid
                and c.relkind in ('r', 'p')
                and not (has_table_privilege(c.oid, 'select')
                         and (c.relname = '_version'
                              or has_table_privilege(c.oid, 'insert')
                                 and has_table_privilege(c.oid, 'update')
                                 and (c.relname not in ('instances', '_notification_log')
                                      or has_table_privilege(c.oid, 'delete'))))) as lacking
      from pg_namespace n
      where n.nspname = $1
      """;

  private static final String ABOUT = "target";
  private static final String WHAT = "target database";

  private final Sessions sessions;
  private final DatabaseOptions options;
  private final Migrator migrator;

  TargetCheck(Sessions sessions, DatabaseOptions options, Migrator migrator) {
    this.sessions = sessions;
    this.options = options;
    this.migrator = migrator;
  }

  /** Errors if the server cannot be reached or refuses the login. */
  Flux<Finding> findings() {
    return sessions
        .use(WHAT, this::look)
        .flatMapIterable(findings -> findings)
        .concatWith(Flux.defer(this::between))
        .onErrorResume(e -> SqlErrors.pooler(e) != null, this::namingTheOption)
        .onErrorResume(SqlErrors::isReplicationRoleRefused, this::asOrigin);
  }

  /** The role may not be what the options ask: looks without that, and names what it lacks. */
  private Flux<Finding> asOrigin(Throwable refused) {
    return Flux.usingWhen(
        Mono.fromSupplier(() -> new Sessions(options.acting(ReplicationRole.ORIGIN))),
        origin ->
            origin
                .use(WHAT, session -> look(session).zipWith(server(session, Duration.ZERO)))
                .flatMapMany(
                    seen ->
                        Flux.fromIterable(seen.getT1())
                            .concatWith(Mono.error(seen.getT2().replicationRole(refused)))),
        origin -> origin.close().onErrorComplete());
  }

  /** Findings about a pooler; errors if it is not the one that the options name. */
  private Flux<Finding> between() {
    return SharedSessions.areSeen(sessions)
        .flatMapMany(
            shared ->
                shared && options.pooler().keepsSessions()
                    ? Flux.error(PoolerErrors.shared())
                    : Flux.fromStream(Stream.ofNullable(between(shared))))
        .onErrorMap(e -> SqlErrors.described(e, WHAT, sessions.place(), SqlHints.NONE));
  }

  private @Nullable Finding between(boolean shared) {
    return switch (options.pooler()) {
      case NONE -> null;
      case SESSION -> Finding.ok(ABOUT, "sessions are kept, as --db-pooler=session says");
      case TRANSACTION ->
          Finding.ok(
              ABOUT,
              shared
                  ? "sessions come from a pooler in transaction mode, as --db-pooler says"
                  : "each transaction gets its settings, as --db-pooler=transaction says; whether there is a "
                      + "pooler cannot be seen");
    };
  }

  /** No session can be opened with these options: a test without them finds the right option. */
  private Flux<Finding> namingTheOption(Throwable error) {
    return Mono.usingWhen(
            Mono.fromSupplier(() -> new Sessions(options.through(Pooler.TRANSACTION))),
            // A transaction first: if there can be none, no option helps.
            through -> through.use(WHAT, TargetCheck::touch).then(SharedSessions.areSeen(through)),
            through -> through.close().onErrorComplete())
        .onErrorMap(e -> SqlErrors.pooler(e) == null ? error : e)
        .flatMapMany(shared -> Flux.error(naming(shared, error)));
  }

  private static Mono<Boolean> touch(Session session) {
    return session.query("select 1", statement -> {}, row -> true).single();
  }

  private static DatabaseException naming(boolean shared, Throwable error) {
    return new DatabaseException(
        String.valueOf(error.getMessage()),
        PoolerException.SQL_STATE,
        null,
        shared
            ? PoolerErrors.TRANSACTION_OPTION
            : "a pooler in session mode is between, as far as can be seen: set --db-pooler=session",
        error);
  }

  private Mono<List<Finding>> look(Session session) {
    return session
        .query("select 1", statement -> {}, row -> true)
        .then(session.query("select 1", statement -> {}, row -> true).single().timed())
        .flatMap(answer -> server(session, answer.elapsed()))
        .flatMap(
            server ->
                control(session, server)
                    .map(
                        control -> {
                          var findings = new ArrayList<>(server.findings(options));
                          findings.add(control);
                          return findings;
                        }));
  }

  private static Mono<TargetServer> server(Session session, Duration roundTrip) {
    return session
        .query(TargetServer.SQL, statement -> {}, row -> TargetServer.of(row, roundTrip))
        .single();
  }

  private Mono<Finding> control(Session session, TargetServer server) {
    return session
        .query(
            CONTROL,
            statement -> statement.bind(0, options.controlSchema()),
            row -> new Control(is(row, "usable"), is(row, "owned"), text(row, "lacking")))
        .next()
        .flatMap(
            control ->
                control.usable()
                    ? migrator.version(session).map(version -> control(server, control, version))
                    : Mono.just(lacking("usage of it")))
        .defaultIfEmpty(missing(server));
  }

  private Finding missing(TargetServer server) {
    return server.mayCreate()
        ? Finding.ok(schema(), "does not exist yet; init or serve creates it")
        : Finding.problem(
            schema(),
            "does not exist, and " + server.role() + " may not create it",
            "let an administrator run what this prints: " + init());
  }

  private Finding control(TargetServer server, Control control, int version) {
    int newest = migrator.newest();
    if (version < newest && !control.owned()) {
      return Finding.problem(
          schema(),
          "is at version %d, this program needs %d, and %s does not own it"
              .formatted(version, newest, server.role()),
          "let an administrator run what this prints: " + init());
    }
    if (version < newest) {
      return Finding.ok(
          schema(),
          "is at version %d; init or serve upgrades it to %d and keeps its content"
              .formatted(version, newest));
    }
    return control.lacking().isEmpty()
        ? Finding.ok(schema(), "is at version " + version)
        : lacking("select, insert, update, delete on " + control.lacking());
  }

  private Finding lacking(String privileges) {
    return Finding.problem(
        schema(),
        "the role lacks " + privileges,
        "let an administrator run what this prints: " + init());
  }

  private String schema() {
    return "schema " + options.controlSchema();
  }

  private String init() {
    return "creek-consumer init --print-sql --role '" + options.address().user() + "'";
  }

  private record Control(boolean usable, boolean owned, String lacking) {}

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }

  private static boolean is(Readable row, String name) {
    return Boolean.TRUE.equals(row.get(name, Boolean.class));
  }
}
