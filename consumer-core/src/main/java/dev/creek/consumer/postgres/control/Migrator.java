package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.session.CreationRace;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Failpoint;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Migrates the control schema: ordered scripts, each once, all missing ones in one transaction. An
 * advisory lock lets one of several services do it. If nothing is missing it only reads, and needs
 * no privilege to create.
 *
 * <p>A version greater than the last one known here is left alone: a newer service ran, and its
 * changes are additions only.
 */
public final class Migrator {
  private static final Logger log = LoggerFactory.getLogger(Migrator.class);

  /** First half of the advisory lock's key, "CREK"; the second is the schema's name. */
  static final int LOCK = 0x4352454b;

  private final String namespace;
  private final String control;
  private final ControlScripts scripts;
  private final @Nullable String usersRole;
  private final String grants;

  /**
   * Reads the scripts: it blocks for a moment.
   *
   * @param usersRole may call the functions; null for none
   */
  Migrator(String namespace, @Nullable String usersRole) {
    this.namespace = namespace;
    this.control = SqlNames.quoted(namespace);
    this.scripts = new ControlScripts(namespace);
    this.usersRole = usersRole;
    this.grants = usersRole == null ? "" : scripts.grantToUsers(usersRole);
  }

  Mono<Void> migrate(Sessions sessions) {
    return sessions.requireKept().then(Mono.defer(() -> upgrade(sessions)));
  }

  private Mono<Void> upgrade(Sessions sessions) {
    String what = "control schema " + control;
    return sessions
        .use(what, this::hint, this::version)
        .filter(version -> version < scripts.newestVersion())
        .flatMap(
            version ->
                CreationRace.again(
                    sessions.transaction(
                        what, this::hint, s -> upgrade(s).then(Mono.<Void>empty()))))
        .then(Mono.justOrEmpty(usersRole).flatMap(role -> admit(sessions, role)));
  }

  /** Grants users access, unless they have it: checking that needs no privilege to grant. */
  private Mono<Void> admit(Sessions sessions, String role) {
    String what = "rights of role " + role + " on control schema " + control;
    return sessions
        .use(what, this::grantHint, session -> isAdmitted(session, role))
        .filter(admitted -> !admitted)
        .flatMap(
            missing ->
                CreationRace.again(
                    sessions.transaction(
                        what,
                        this::grantHint,
                        session ->
                            lock(session).then(session.execute(grants)).then(Mono.<Void>empty()))));
  }

  private Mono<Boolean> isAdmitted(Session session, String role) {
    return session
        .query(
            """
            select has_schema_privilege($2::name, n.oid, 'usage')
                   and bool_and(has_function_privilege($2::name, p.oid, 'execute'))
                   and (select bool_and(has_table_privilege($2::name, c.oid, 'select'))
                        from pg_class c
                        where c.relnamespace = n.oid
                          and c.relname in ('incompleteness', 'presence', 'status'))
            from pg_namespace n join pg_proc p on p.pronamespace = n.oid
            where n.nspname = $1 and not starts_with(p.proname, '_')
            group by n.oid
            """,
            statement -> statement.bind(0, namespace).bind(1, role),
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single(false);
  }

  private @Nullable String grantHint(String sqlState) {
    return switch (sqlState) {
      case "42501" ->
          "let the owner of the control schema grant them once: creek-consumer init --print-sql"
              + " shows how";
      case "42704" -> "create the role, or name another one";
      default -> null;
    };
  }

  /** Completes if this program can work with the control schema. */
  Mono<Void> check(Sessions sessions) {
    return sessions
        .use("control schema " + control, this::hint, this::version)
        .flatMap(
            version -> version < scripts.newestVersion() ? Mono.error(old(version)) : Mono.empty());
  }

  /** Completes if there is a control schema that can be read; creates nothing. */
  Mono<Void> requireThere(Sessions sessions) {
    return sessions
        .use("control schema " + control, this::hint, this::isThere)
        .flatMap(there -> there ? check(sessions) : Mono.error(missing(sessions)));
  }

  /** Tells whether there is one of any version, including the Go consumer's. */
  private Mono<Boolean> isThere(Session session) {
    return session
        .query(
            """
            select count(*)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = 'subscriptions'
            """,
            statement -> statement.bind(0, namespace),
            row -> number(row) > 0)
        .single();
  }

  private DatabaseException missing(Sessions sessions) {
    return new DatabaseException(
        "no control schema " + control + " in database " + sessions.database(),
        "3F000",
        null,
        "run: creek-consumer init (a program: initialize()); where the schema has another name, say"
            + " which with --db-namespace",
        null);
  }

  private DatabaseException old(int version) {
    return new DatabaseException(
        "control schema %s is at version %d, but this program needs %d"
            .formatted(control, version, scripts.newestVersion()),
        "3F000",
        null,
        "run: creek-consumer init, or restart the service: both bring the schema up to date and keep"
            + " what is in it",
        null);
  }

  private @Nullable String hint(String sqlState) {
    return sqlState.equals("42501")
        ? "run the service once as a role that may create the schema "
            + control
            + " and own what is in it, or let the owner run what creek-consumer init --print-sql"
            + " prints"
        : null;
  }

  /** The version that this program needs. */
  public int newest() {
    return scripts.newestVersion();
  }

  /** The existing version; 0 if there is none, or only the Go consumer's. */
  public Mono<Integer> version(Session session) {
    return session
        .query(
            """
            select count(*)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = '_version'
            """,
            statement -> statement.bind(0, namespace),
            row -> number(row) > 0)
        .single()
        .flatMap(
            exists ->
                exists
                    ? session
                        .query(
                            "select coalesce(max(version), 0) from " + control + "._version",
                            statement -> {},
                            row -> (int) number(row))
                        .single()
                    : Mono.just(0));
  }

  private static long number(Readable row) {
    return Objects.requireNonNull(row.get(0, Long.class));
  }

  private Mono<Void> upgrade(Session session) {
    return lock(session).then(version(session)).flatMap(version -> upgradeFrom(session, version));
  }

  private Mono<Void> lock(Session session) {
    return session
        .query(
            "select 1 from (select pg_advisory_xact_lock($1, hashtext($2))) as locked",
            statement -> statement.bind(0, LOCK).bind(1, namespace),
            row -> true)
        .then();
  }

  private Mono<Void> upgradeFrom(Session session, int version) {
    int newest = scripts.newestVersion();
    if (version >= newest) {
      return Mono.empty();
    }
    return createNamespace(session)
        .then(session.execute(scripts.createVersionTable()))
        .thenMany(Flux.range(version + 1, newest - version))
        .concatMap(next -> run(session, next))
        .then()
        .doOnSuccess(nothing -> log.info("control schema {} is at version {}", control, newest));
  }

  /** CREATE SCHEMA IF NOT EXISTS requires the privilege to create even if the schema exists. */
  private Mono<Void> createNamespace(Session session) {
    return session
        .query(
            "select count(*) from pg_namespace where nspname = $1",
            statement -> statement.bind(0, namespace),
            row -> number(row) > 0)
        .single()
        .flatMap(exists -> exists ? Mono.empty() : session.execute("create schema " + control));
  }

  private Mono<Void> run(Session session, int version) {
    return session
        .execute(scripts.toVersion(version))
        .then(
            Failpoint.MIGRATION_STEP.before(
                session.update(
                    "insert into " + control + "._version (version) values ($1)",
                    statement -> statement.bind(0, version))))
        .then();
  }
}
