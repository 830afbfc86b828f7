package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.producer.TestProducer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A producer, both servers, and a consumer who may do at each of them what he is granted. */
abstract class WithNatsRights {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();

  static final Duration PATIENCE = Patience.LIMIT;
  private static final String NOBODYS = "_NOBODY.asks.this";

  final Map<String, String> environment = new HashMap<>();
  private final AtomicReference<Consumer<String>> signal = new AtomicReference<>();
  final Set<String> publish = new TreeSet<>();
  final Set<String> subscribe = new TreeSet<>();
  private final String role = "creek_" + Long.toHexString(System.nanoTime());
  String request;
  private int id = 100;
  PostgresDatabase source;
  PostgresDatabase target;
  NatsServer nats;
  TestProducer producer;
  private CompletableFuture<LocalRun> service;

  final void begin(Generation generation) throws Exception {
    begin(generation, NatsServer.builder());
  }

  final void begin(Generation generation, NatsServer.Builder server) throws Exception {
    source = POSTGRES.freshDatabase();
    target = POSTGRES.freshDatabase();
    request = generation == Generation.NEW ? "CREEK_snap_" + source.name() : "CREEK._snapshot";
    for (String table : List.of("orders", "items", "idle")) {
      source.execute(
          "create table " + table + " (id int primary key, note text)",
          "insert into " + table + " select i, 'n' from generate_series(1, 10) i");
    }
    nats =
        server
            .option(
                """
                accounts {
                  A {
                    jetstream: enabled
                    users: [
                      {user: producer, password: p},
                      {user: consumer, password: c, permissions: {}}
                    ]
                  }
                }
                no_auth_user: producer""")
            .start();
    producer =
        TestProducer.builder()
            .source(source.uri())
            .slot(source.name())
            .nats(nats.uri())
            .generation(generation)
            .start();
    for (String table : List.of("orders", "items")) {
      source.execute("update " + table + " set note = 'first' where id = 1");
    }
    producer.awaitCaughtUp(PATIENCE);
    environment.put("NATS_URI", nats.uri().replace("://", "://consumer:c@"));
    environment.put("PROMETHEUS_PORT", "off");
    target.execute("create table public.orders (id int primary key, note text)");
    target.execute(grants("create role creek "));
    environment.put("DB_URI", target.patientUri());
    LocalRun init = LocalRun.of(environment, "init", "--print-sql", "--role", role);
    assertThat(init.code()).isZero();
    target.execute(init.out());
    environment.put(
        "DB_URI",
        target.uri().replaceFirst("://[^@]*@", "://" + role + ":change%20me@")
            + "?connect_timeout=60");
  }

  @AfterEach
  void end() throws Exception {
    stop();
    producer.dropSlot();
    nats.close();
    target.execute("drop owned by " + role, "drop role " + role);
  }

  private static String handbook() {
    try {
      return Files.readString(Path.of("..", "docs", "operations.md"), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String block(String pattern) {
    Matcher block = Pattern.compile(pattern, Pattern.DOTALL).matcher(handbook());
    assertThat(block.find()).describedAs(pattern).isTrue();
    return block.group(1);
  }

  /** The handbook's statements, for a role of this test's. */
  final String grants(String beginning) {
    return block("```sql\n(" + beginning + ".*?)```").replaceAll("\\bcreek\\b", role);
  }

  /** The handbook's permissions, or those of its parts that begin with these comments. */
  final void allow(Generation generation, String... parts) {
    String name = generation.name().toLowerCase(Locale.ROOT);
    String text =
        block("```\n# " + name + " generation\n(permissions: .*?)```")
            .replaceAll("\\bshop\\b|(?<=_)shop\\b", source.name());
    String part = "";
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.startsWith("# ")) {
        part = line.substring(2);
      }
      boolean wanted = parts.length == 0 || List.of(parts).stream().anyMatch(part::startsWith);
      if (line.startsWith("\"") && wanted) {
        publish.add(line.replace("\"", ""));
      } else if (line.startsWith("subscribe: [\"")) {
        subscribe.add(line.replaceAll(".*\\[\"|\"\\].*", ""));
      }
    }
    assertThat(publish).isNotEmpty();
    assertThat(subscribe).isNotEmpty();
  }

  /** As an administrator does: another file. */
  final void enforce() {
    Path file = nats.storeDir().resolveSibling("nats.conf");
    try {
      Files.writeString(
          file,
          Files.readString(file, UTF_8)
              .replaceFirst(
                  "permissions: \\{.*\\}\\}",
                  Matcher.quoteReplacement(
                      "permissions: {publish: %s, subscribe: %s}}"
                          .formatted(list(publish), list(subscribe)))),
          UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    nats.restart();
    // A producer that has something to publish notices that its connection is gone.
    source.execute("update orders set note = 'again' where id = 1");
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> subscriptions().contains("\"" + request + "\""));
  }

  /** Listens again after a reconnection. */
  private String subscriptions() throws IOException {
    try (InputStream page =
        URI.create(nats.monitoringUri() + "/subsz?subs=1&acc=A").toURL().openStream()) {
      return new String(page.readAllBytes(), UTF_8);
    }
  }

  private static String list(Set<String> subjects) {
    return subjects.isEmpty()
        ? "[\"" + NOBODYS + "\"]"
        : "[\"" + String.join("\", \"", subjects) + "\"]";
  }

  final void serve() {
    service =
        CompletableFuture.supplyAsync(
            () -> LocalRun.of(environment, signal::set, "serve"), task -> new Thread(task).start());
  }

  final void stop() throws Exception {
    if (service != null) {
      await().atMost(PATIENCE).until(() -> signal.get() != null);
      signal.get().accept("TERM");
      assertThat(service.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).code()).isZero();
      service = null;
    }
  }

  final String mapping(String table) {
    return source.name() + ".public." + table + ":public." + table;
  }

  final LocalRun run(String... arguments) throws Exception {
    return CompletableFuture.supplyAsync(() -> LocalRun.of(environment, arguments))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  final void succeed(String... arguments) throws Exception {
    LocalRun run = run(arguments);
    assertThat(run.code()).describedAs(String.join(" ", arguments) + "\n" + run.said()).isZero();
  }

  /** A change that is made now arrives. */
  final void awaitFollowed(String table) {
    id++;
    source.execute("insert into %s values (%d, 'new')".formatted(table, id));
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                target
                    .value("select count(*) from public.%s where id = %d".formatted(table, id))
                    .equals("1"));
  }

  final void awaitServing() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> !target.query("select from _creek_consumer.instances").isEmpty());
  }

  static void assertRefused(String subject, LocalRun run) {
    assertThat(run.code()).isOne();
    assertThat(run.err())
        .contains("Permissions Violation for Publish to \"" + subject + "\"")
        .contains("let the NATS user publish to \"" + subject + "\"");
  }
}
