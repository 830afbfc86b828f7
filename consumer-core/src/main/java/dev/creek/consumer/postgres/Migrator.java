package dev.creek.consumer.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.ApplyException;
import dev.creek.consumer.wire.SourceTable;
import io.r2dbc.spi.Readable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Brings the control schema up to date: ordered scripts, each once, all that are missing in one
 * transaction. An advisory lock lets one of several services do it. Where nothing is missing it
 * only reads, and needs no right to create.
 *
 * <p>A version greater than the last one known here is left alone: a newer service ran, and its
 * changes add only.
 */
final class Migrator {
  private static final Logger log = LoggerFactory.getLogger(Migrator.class);

  /** In order; a script that was released is never changed. */
  private static final List<String> SCRIPTS =
      List.of("001_go_consumer.sql", "002_position_and_state.sql", "005_snapshots.sql");

  /** First half of the advisory lock's key, "CREK"; the second is the schema's name. */
  private static final int LOCK = 0x4352454b;

  private final String namespace;
  private final String control;
  private final List<String> scripts;

  /** Reads the scripts: it blocks for a moment. */
  Migrator(String namespace) {
    this.namespace = namespace;
    this.control = SqlNames.quoted(namespace);
    this.scripts = SCRIPTS.stream().map(Migrator::read).toList();
  }

  private static String read(String script) {
    try (InputStream in =
        Objects.requireNonNull(Migrator.class.getResourceAsStream("control/" + script), script)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Mono<Void> migrate(Sessions sessions) {
    String what = "control schema " + control;
    return sessions
        .use(what, this::hint, this::version)
        .filter(version -> version < scripts.size())
        .flatMap(
            version -> sessions.transaction(what, this::hint, s -> upgrade(s).then(Mono.empty())));
  }

  /** Completes where the control schema is one that this program can work with. */
  Mono<Void> check(Sessions sessions) {
    return sessions
        .use("control schema " + control, this::hint, this::version)
        .flatMap(version -> version < scripts.size() ? Mono.error(old(version)) : Mono.empty());
  }

  private ApplyException old(int version) {
    return new ApplyException(
        "control schema %s is at version %d, but this program needs %d"
            .formatted(control, version, scripts.size()),
        "3F000",
        null,
        "restart the service: it brings the schema up to date",
        null);
  }

  private @Nullable String hint(String sqlState) {
    return sqlState.equals("42501")
        ? "run the service once as a role that may create the schema "
            + control
            + " and own what is in it; afterwards usage of the schema, and select, insert and"
            + " update on its tables are enough"
        : null;
  }

  /** The version that this program needs. */
  int newest() {
    return scripts.size();
  }

  /** The version that is there; 0 where there is none, or what the Go consumer left. */
  Mono<Integer> version(Session session) {
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
    return session
        .query(
            "select 1 from (select pg_advisory_xact_lock($1, hashtext($2))) as locked",
            statement -> statement.bind(0, LOCK).bind(1, namespace),
            row -> true)
        .then(version(session))
        .flatMap(version -> upgradeFrom(session, version));
  }

  private Mono<Void> upgradeFrom(Session session, int version) {
    if (version >= scripts.size()) {
      return Mono.empty();
    }
    return createNamespace(session)
        .then(
            session.execute(
                "create table if not exists "
                    + control
                    + "._version (version int primary key, applied_at timestamptz not null default"
                    + " now())"))
        .thenMany(Flux.fromStream(() -> IntStream.range(version, scripts.size()).boxed()))
        .concatMap(script -> run(session, script))
        .then(version == 0 ? respell(session) : Mono.empty())
        .doOnSuccess(
            nothing -> log.info("control schema {} is at version {}", control, scripts.size()));
  }

  /** CREATE SCHEMA IF NOT EXISTS wants the right to create even where the schema exists. */
  private Mono<Void> createNamespace(Session session) {
    return session
        .query(
            "select count(*) from pg_namespace where nspname = $1",
            statement -> statement.bind(0, namespace),
            row -> number(row) > 0)
        .single()
        .flatMap(exists -> exists ? Mono.empty() : session.execute("create schema " + control));
  }

  private Mono<Void> run(Session session, int script) {
    return session
        .execute(scripts.get(script).replace("{{control}}", control))
        .then(
            session.update(
                "insert into " + control + "._version (version) values ($1)",
                statement -> statement.bind(0, script + 1)))
        .then();
  }

  /**
   * The Go consumer took names as they came; rows are found by the one spelling that we write
   * (quotes only where needed). Where both spellings are there, the Go consumer's is left behind.
   */
  private Mono<Void> respell(Session session) {
    return session
        .query(
            "select topic, target from " + control + ".subscriptions where topic is not null",
            statement -> {},
            row ->
                new Spelling(
                    Objects.requireNonNull(row.get(0, String.class)),
                    Objects.requireNonNull(row.get(1, String.class))))
        .filter(Spelling::isOdd)
        .concatMap(
            old ->
                session.update(
                    """
                    update %1$s.subscriptions set topic = $1, target = $2
                    where target = $3
                      and ($2 = $3
                           or not exists (select from %1$s.subscriptions where target = $2))
                    """
                        .formatted(control),
                    statement ->
                        statement
                            .bind(0, SourceTable.parse(old.topic()).toString())
                            .bind(1, TargetTable.parse(old.target()).toString())
                            .bind(2, old.target())))
        .then();
  }

  private record Spelling(String topic, String target) {
    boolean isOdd() {
      try {
        return !SourceTable.parse(topic).toString().equals(topic)
            || !TargetTable.parse(target).toString().equals(target);
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }
}
