package dev.creek.consumer.postgres.session;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.SelfSigned;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.assertj.core.util.Throwables;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Getting in: encryption, refusals, several hosts, and what a session is told. */
final class ConnectionIT {
  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  @TempDir private Path folder;

  private static List<String> ask(String uri, String sql) {
    var sessions = new Sessions(DatabaseOptions.of(uri));
    try {
      return await(
          sessions.use(
              "asking",
              session ->
                  session
                      .query(sql, statement -> {}, row -> row.get(0, String.class))
                      .collectList()));
    } finally {
      await(sessions.close());
    }
  }

  private static DatabaseException refused(String uri) {
    try {
      ask(uri, "select 'in'");
    } catch (DatabaseException e) {
      assertThat(Throwables.getStackTrace(e)).doesNotContain("hidden");
      return e;
    }
    throw new AssertionError("was let in");
  }

  @Test
  void pinsWhatValuesRelyOn(PostgresDatabase database) {
    database.execute(
        "alter database "
            + database.name()
            + " set datestyle = 'SQL, DMY'; alter database "
            + database.name()
            + " set intervalstyle = 'iso_8601'; alter database "
            + database.name()
            + " set timezone = 'Asia/Tokyo'; alter database "
            + database.name()
            + " set default_transaction_isolation = 'serializable'");
    String settings =
        "select current_setting(s) from unnest(array['TimeZone', 'DateStyle', 'IntervalStyle',"
            + " 'search_path', 'default_transaction_isolation', 'application_name',"
            + " 'plan_cache_mode', 'lock_timeout', 'statement_timeout']) s";
    var pinned = ask(database.uri() + "?options=-c%20lock_timeout%3D7s", settings);
    assertThat(pinned.get(1)).startsWith("ISO");
    assertThat(pinned)
        .containsExactly(
            "UTC",
            pinned.get(1),
            "postgres",
            "pg_catalog",
            "read committed",
            "creek-consumer",
            "force_generic_plan",
            "7s",
            "5min");
  }

  @Test
  void saysWhyItWasNotLetInWithoutThePassword(PostgresDatabase database) throws Exception {
    var server = database.server();
    String place = "%s:%d/%s".formatted(server.host(), server.port(), database.name());
    database.execute("drop role if exists guest", "create role guest login password 'right'");
    var wrong = refused("postgres://guest:hidden@" + place);
    assertThat(wrong.sqlState()).isEqualTo("28P01");
    assertThat(wrong).hasMessageContaining("guest");
    var noDatabase =
        refused("postgres://guest:right@%s:%d/nowhere".formatted(server.host(), server.port()));
    assertThat(noDatabase.sqlState()).isEqualTo("3D000");
    int free;
    try (var socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    var nobody = refused("postgres://guest:hidden@127.0.0.1:" + free + "/x");
    assertThat(nobody.sqlState()).isEqualTo("08006");
    assertThat(nobody).hasMessageContaining("refused");
    assertThat(refused("postgres://guest:right@" + place + "?sslmode=require").sqlState())
        .startsWith("08");
    database.execute("drop role guest");
  }

  @Test
  void tellsASilentServerFromOneThatHasNothingFree() throws Exception {
    try (var silent = new ServerSocket(0)) {
      String uri = "postgres://u:hidden@127.0.0.1:%d/d?connect_timeout=1";
      var error = refused(uri.formatted(silent.getLocalPort()));
      assertThat(error.sqlState()).isEqualTo("08006");
      assertThat(error).hasMessageContaining("no connection within 1 s");
    }
  }

  @Test
  void triesHostsInOrderForOneThatCanBeWritten(PostgresDatabase database) throws Exception {
    var server = database.server();
    int free;
    try (var socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String uri =
        "postgres://%s:%s@127.0.0.1:%d,%s:%d/%s?connect_timeout=60"
            .formatted(
                server.user(),
                server.password(),
                free,
                server.host(),
                server.port(),
                database.name());
    assertThat(ask(uri, "select 'in'")).containsExactly("in");
    database.execute(
        "alter database " + database.name() + " set default_transaction_read_only = on");
    assertThat(refused(uri).sqlState()).startsWith("08");
    assertThat(ask(uri + "&target_session_attrs=any", "select 'in'")).containsExactly("in");
  }

  @Test
  void takesASocketDirectory() {
    assumeTrue(postgres.server().canRestart());
    assertThatThrownBy(() -> ask("postgres://u@%2Fno%2Fsuch/d", "select 1"))
        .isInstanceOf(DatabaseException.class);
  }

  @Test
  void encryptsAndVerifies(PostgresDatabase database) throws Exception {
    var server = postgres.restartable();
    String certificate = installCertificate(database, "localhost");
    Path root = Files.writeString(folder.resolve("root.crt"), certificate);
    Path other =
        Files.writeString(folder.resolve("other.crt"), SelfSigned.of("elsewhere").certificate());
    String encrypted = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
    String base =
        "postgres://%s:%s@localhost:%d/%s"
            .formatted(server.user(), server.password(), server.port(), database.name());
    Awaitility.await()
        .ignoreExceptions()
        .until(() -> ask(base + "?sslmode=require", encrypted).equals(List.of("true")));
    assertThat(ask(base, encrypted)).containsExactly("true");
    assertThat(ask(base + "?sslmode=disable", encrypted)).containsExactly("false");
    assertThat(ask(base + "?sslmode=verify-full&sslrootcert=" + root, encrypted))
        .containsExactly("true");
    assertThat(ask(base + "?sslmode=require&sslrootcert=" + root, encrypted))
        .containsExactly("true");
    assertThat(refused(base + "?sslmode=verify-ca&sslrootcert=" + other).sqlState())
        .startsWith("08");
    assertThat(refused(base + "?sslmode=verify-full").sqlState()).startsWith("08");
    String byAddress = base.replace("@localhost", "@127.0.0.1");
    assertThat(ask(byAddress + "?sslmode=verify-ca&sslrootcert=" + root, encrypted))
        .containsExactly("true");
    assertThat(refused(byAddress + "?sslmode=verify-full&sslrootcert=" + root))
        .hasMessageContaining("could not be verified");
  }

  @Test
  void aConnectionStaysWithABorrowerThatIsCancelled(PostgresDatabase database) {
    var sessions = new Sessions(DatabaseOptions.of(database.patientUri()));
    var borrowed = new AtomicReference<Session>();
    var begun = new AtomicBoolean();
    try {
      Disposable work =
          sessions
              .borrow()
              .doOnNext(borrowed::set)
              .flatMap(
                  session ->
                      session.begin().doOnSuccess(nothing -> begun.set(true)).then(Mono.never()))
              .subscribe();
      Awaitility.await().untilTrue(begun);
      work.dispose();
      assertThat(sessions.poolUse().inUse()).isEqualTo(1);
      await(borrowed.get().end());
      assertThat(sessions.poolUse().inUse()).isZero();
      assertThat(await(sessions.use("asking", ConnectionIT::transactionsOfOthers))).isZero();
    } finally {
      await(sessions.close());
    }
  }

  private static Mono<Long> transactionsOfOthers(Session session) {
    return session
        .query(
            "select count(*) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
            statement -> {},
            row -> row.get(0, Long.class))
        .next();
  }

  @Test
  void namesACertificateThatIsMissing() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PostgresTarget.connect(
                    DatabaseOptions.of(
                        "postgres://u:hidden@h/d?sslmode=verify-ca&sslrootcert=/no/such/file")))
        .withMessageContaining("sslRootCert")
        .withMessageNotContaining("hidden");
  }

  /** Writes key and certificate through the server, which runs as another user than we may. */
  private String installCertificate(PostgresDatabase database, String host) throws Exception {
    SelfSigned signed = SelfSigned.of(host);
    List<String> pem = List.of(signed.key(), signed.certificate());
    for (int i = 0; i < 2; i++) {
      String lines =
          Arrays.stream(pem.get(i).split("\n"))
              .map(line -> "'" + line + "'")
              .collect(Collectors.joining(","));
      database.execute(
          "copy (select unnest(array["
              + lines
              + "])) to program 'umask 077; cat > "
              + (i == 0 ? "server.key" : "server.crt")
              + "'");
    }
    database.execute("alter system set ssl = on", "select pg_reload_conf()");
    return pem.get(1);
  }
}
