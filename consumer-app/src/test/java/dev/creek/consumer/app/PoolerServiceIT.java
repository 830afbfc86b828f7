package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PgBouncer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.SelfSigned;
import dev.creek.consumer.testing.producer.TestProducer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged service behind Debian's PgBouncer, while that is killed and while its server is
 * restarted; skipped where there is none.
 */
final class PoolerServiceIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final PostgresExtension sources = PostgresExtension.shared();
  @RegisterExtension static final PostgresExtension targets = PostgresExtension.own();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @TempDir private Path folder;
  private PostgresDatabase source;
  private PostgresDatabase target;
  private TestProducer producer;
  private String mapping;

  @BeforeAll
  static void find() {
    Optional<String> missing = PgBouncer.missing();
    assumeTrue(missing.isEmpty(), missing.orElse(""));
  }

  /** A trigger counts how often each row takes effect. */
  @BeforeEach
  void open() {
    source = sources.freshDatabase();
    target = targets.freshDatabase();
    mapping = source.name() + ".public.items:public.items";
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' from generate_series(1, 500) i");
    target.execute(
        "create table items (id int primary key, v text)",
        "create table effects (id int, v text)",
        """
        create function count_it() returns trigger language plpgsql as $$
        begin
          insert into public.effects values (new.id, new.v);
          return null;
        end $$
        """,
        "create trigger count_it after insert or update on items"
            + " for each row execute function count_it()");
    producer =
        TestProducer.builder()
            .source(source.uri())
            .slot(source.name())
            .nats(nats.server().uri())
            .generation(Generation.OLD)
            .start();
  }

  @AfterEach
  void close() {
    producer.dropSlot();
  }

  @Test
  void losesAndRepeatsNothingOverTlsInTransactionMode() throws Exception {
    SelfSigned signed = SelfSigned.of("localhost");
    Path key = written("pooler.key", signed.key());
    Path certificate = written("pooler.crt", signed.certificate());
    try (PgBouncer between =
        PgBouncer.before(
            targets.restartable(),
            "transaction",
            "default_pool_size = 5",
            "client_tls_sslmode = require",
            "client_tls_key_file = " + key,
            "client_tls_cert_file = " + certificate)) {
      String uri =
          between.uri(target).replace("@127.0.0.1:", "@localhost:")
              + "&sslmode=verify-full&sslrootcert="
              + certificate;
      losesAndRepeatsNothing(between, uri, "transaction");
      assertThat(between.log()).contains("TLSv1");
    }
  }

  @Test
  void losesAndRepeatsNothingOverAUnixSocketInSessionMode() throws Exception {
    try (PgBouncer between = PgBouncer.before(targets.restartable(), "session")) {
      losesAndRepeatsNothing(between, between.socketUri(target), "session");
      assertThat(between.log()).contains("@unix");
    }
  }

  /** Whoever runs PgBouncer must be able to read it. */
  private Path written(String name, String text) throws Exception {
    Path file = Files.writeString(folder.resolve(name), text, UTF_8);
    assertThat(file.toFile().setReadable(true, false)).isTrue();
    assertThat(folder.toFile().setExecutable(true, false)).isTrue();
    return file;
  }

  private void losesAndRepeatsNothing(PgBouncer between, String uri, String pooler)
      throws Exception {
    jar(uri, pooler, "resync", mapping).run(PATIENCE).orThrow();
    assertThat(target.value("select count(*) from items")).isEqualTo("500");
    jar(uri, pooler, "check").run(PATIENCE).orThrow();
    target.execute("truncate effects");
    try (ServiceProcess service = jar(uri, pooler, "serve").start()) {
      source.execute("insert into items select i, 'a' from generate_series(501, 1000) i");
      awaitEqual(service);
      between.killAndStart();
      source.execute("insert into items select i, 'b' from generate_series(1001, 1500) i");
      awaitEqual(service);
      targets.server().restart();
      source.execute("update items set v = 'c' where id > 1400");
      awaitEqual(service);
      targets.server().kill();
      between.killAndStart();
      source.execute("insert into items select i, 'd' from generate_series(1501, 1600) i");
      targets.server().start();
      awaitEqual(service);
      assertThat(
              target.query(
                  "select id, v, count(*) from effects where id > 500 group by id, v"
                      + " having count(*) <> 1"))
          .as("what took effect twice")
          .isEmpty();
      target.query("select _creek_consumer.snapshot('%s', 'clean')".formatted(mapping));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  "ok"
                      .equals(
                          target.value(
                              "select status from _creek_consumer._notification_log order by id desc"
                                  + " limit 1")));
      awaitEqual(service);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  "streaming"
                      .equals(target.value("select state from _creek_consumer.subscriptions")));
      assertThat(service.terminate(PATIENCE)).as(service::logTail).isZero();
    }
  }

  private ServiceProcess.Builder jar(String uri, String pooler, String... arguments) {
    return ServiceProcess.of(arguments)
        .jvmOptions("-Xmx96m")
        .environment("NATS_URI", nats.server().uri())
        .environment("DB_URI", uri)
        .environment("DB_POOLER", pooler)
        .environment("PROMETHEUS_PORT", "off");
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select md5(string_agg(i::text, ',' order by id)) from items i");
  }

  private void awaitEqual(ServiceProcess service) {
    await()
        .atMost(PATIENCE)
        .failFast("it has ended", () -> !service.isAlive())
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }
}
