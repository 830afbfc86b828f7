package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.http.HealthClient;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What goes into the container, built as there and run as there: a Java of the modules that are
 * used, the jar, the archive of classes, the launcher. It stays in {@code target/runtime}.
 */
final class RuntimeIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.shared();

  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path RUNTIME = TARGET.resolve("runtime");
  private static final Path LOADED = TARGET.resolve("loaded-classes.txt");
  private static final Path DUMPED = TARGET.resolve("loaded.classlist");
  private static final Path LOG = TARGET.resolve("runtime.log");
  private static final Duration PATIENCE = Patience.LIMIT;

  /** Enough for a COPY: what that takes belongs into the archive, as does a row that is alone. */
  private static final int BACKLOG = 1000;

  /** Transactions of several tables. */
  private static final int GROUPED = 20;

  /** A few per cent of what is loaded depends on the machine, and on who is first. */
  private static final double FRESH = 0.9;

  /** They are numbered within their class: one more, and those behind it have other names. */
  private static final double FRESH_LAMBDAS = 0.5;

  private Process service;

  @BeforeAll
  static void build() throws Exception {
    Path java = Path.of(System.getProperty("java.home"));
    assumeTrue(Files.isExecutable(java.resolve("bin/jlink")), "this Java has no jlink");
    var builder =
        new ProcessBuilder(
            "sh",
            "src/main/dist/build-runtime",
            System.getProperty("creek.jar"),
            RUNTIME.toString());
    builder.environment().put("JAVA_HOME", java.toString());
    assertRuns(builder);
  }

  @AfterEach
  void end() {
    if (service != null) {
      service.destroyForcibly();
    }
  }

  @Test
  void itsArchiveFitsItsJavaAndItsJar() throws Exception {
    // Without the archive this JVM would refuse to start.
    assertThat(
            assertRuns(
                new ProcessBuilder(
                    RUNTIME.resolve("jre/bin/java").toString(),
                    "-Xshare:on",
                    "-XX:SharedArchiveFile=" + RUNTIME.resolve("creek-consumer.jsa"),
                    "-jar",
                    RUNTIME.resolve("creek-consumer.jar").toString(),
                    "--version")))
        .startsWith("creek-consumer ");
  }

  @Test
  void appliesRowsAndTellsOfItsHealthWithoutWritingAnywhere(PostgresDatabase target)
      throws Exception {
    TableWire orders = table("orders");
    List<TableWire> grouped = List.of(table("lines"), table("parts"));
    var environment = new HashMap<String, String>();
    int port = freePort();
    environment.put("NATS_URI", NATS.server().uri());
    environment.put("DB_URI", target.patientUri());
    environment.put("PROMETHEUS_PORT", Integer.toString(port));
    try (Producer producer = Producer.of(NATS.server(), "runtime")) {
      producer.publishSchema(orders);
      for (TableWire table : grouped) {
        producer.publishSchema(table);
      }
      String[] together = {"runtime.public.lines:copy.lines", "runtime.public.parts:copy.parts"};
      assertRuns(command(environment, "create-schemas", "runtime.public.orders:copy.orders"));
      assertRuns(command(environment, "create-schemas", together));
      assertRuns(command(environment, "add-tables", "runtime.public.orders:copy.orders"));
      assertRuns(command(environment, "add-tables --group runtime", together));
      for (int id = 0; id < BACKLOG; id++) {
        producer.publish(orders.source(), orders.insert(WalTx.of(1), id, "first"));
      }
      var serving = new HashMap<>(environment);
      serving.put(
          "CREEK_CONSUMER_JVM",
          "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.io.tmpdir=/nonexistent"
              + " -XX:-UsePerfData -Xlog:class+load:file="
              + LOADED
              + ":none -XX:DumpLoadedClassList="
              + DUMPED);
      long started = System.nanoTime();
      service =
          command(serving, "serve").redirectErrorStream(true).redirectOutput(LOG.toFile()).start();
      awaitRows(target, "orders", BACKLOG);
      report(Duration.ofNanos(System.nanoTime() - started));
      producer.publish(orders.source(), orders.insert(WalTx.of(2), BACKLOG, "alone"));
      awaitRows(target, "orders", BACKLOG + 1);
      // One by one and side by side: what groups take belongs into the archive, too.
      for (int id = 0; id < GROUPED; id++) {
        WalTx tx = WalTx.of(3 + id);
        for (TableWire table : grouped) {
          producer.publish(table.source(), table.insert(tx, id, "together"));
        }
      }
      awaitRows(target, "lines", GROUPED);
      awaitRows(target, "parts", GROUPED);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(assertRuns(command(environment, "health")))
                      .contains("\"ready\":true"));
      assertThat(assertRuns(command(environment, "health", "--live"))).contains("\"alive\":true");
      assertThat(get(port, "/metrics"))
          .contains("jvm_memory_used_bytes", "creek_consumer_lag_seconds");
      assertThat(get(port, "/")).contains("<title>creek-consumer</title>");
      service.destroy();
      assertThat(service.waitFor()).isZero();
      assertThat(Files.readString(LOG)).doesNotContain("ERROR").doesNotContain("Exception");
      assertThat(exitCode(command(environment, "health"))).isEqualTo(1);
    }
    assertListIsFresh();
  }

  private static TableWire table(String name) {
    return TableWire.of(SourceTable.parse("runtime.public." + name))
        .generation(Generation.NEW)
        .column("id", "int4", Flag.KEY)
        .column("note", "text");
  }

  /** The list that is fresh is written as well, to take the old one's place. */
  private static void assertListIsFresh() throws IOException {
    var classes = new Archived();
    var lambdas = new Archived();
    try (Stream<String> lines = Files.lines(LOADED)) {
      for (String line : (Iterable<String>) lines::iterator) {
        int source = line.indexOf(" source: ");
        String name = source < 0 ? "" : line.substring(0, source).strip();
        if (name.contains("$$Lambda")) {
          lambdas.add(name, line);
        } else if (!name.isEmpty()
            && !name.contains("$$")
            && !name.contains("/0x")
            && !name.contains("$Proxy")) {
          classes.add(name.replace('.', '/'), line);
        }
      }
    }
    Path fresh = TARGET.resolve("creek-consumer.classlist");
    List<String> named = new ArrayList<>(classes.loaded);
    try (Stream<String> dumped = Files.lines(DUMPED)) {
      dumped.filter(line -> line.startsWith("@lambda")).distinct().sorted().forEach(named::add);
    }
    Files.write(fresh, named);
    classes.assertShare(FRESH, fresh);
    lambdas.assertShare(FRESH_LAMBDAS, fresh);
  }

  /** What was loaded, and how much of it came from the archive. */
  private static final class Archived {
    private final TreeSet<String> loaded = new TreeSet<>();
    private int archived;

    void add(String name, String line) {
      if (loaded.add(name) && line.contains("shared objects file")) {
        archived++;
      }
    }

    void assertShare(double least, Path fresh) {
      assertThat(archived / (double) loaded.size())
          .as(
              "%d of %d classes came from the archive; cp %s src/main/dist/ where it is old",
              archived, loaded.size(), fresh)
          .isGreaterThan(least);
    }
  }

  private static void report(Duration firstRow) throws IOException {
    Files.writeString(
        TARGET.resolve("first-row.txt"),
        "start to first rows committed: %d ms%n".formatted(firstRow.toMillis()));
  }

  private static void awaitRows(PostgresDatabase target, String table, int expected)
      throws Exception {
    try (Connection connection = target.connect();
        PreparedStatement count =
            connection.prepareStatement("select count(*) from copy." + table)) {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                try (ResultSet rows = count.executeQuery()) {
                  return rows.next() && rows.getInt(1) == expected;
                }
              });
    }
  }

  private static ProcessBuilder command(
      Map<String, String> environment, String verb, String... arguments) {
    var command = new ArrayList<String>();
    command.add(RUNTIME.resolve("creek-consumer").toString());
    command.addAll(List.of(verb.split(" ")));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().remove("JAVA_HOME");
    builder.environment().putAll(environment);
    return builder;
  }

  private static String assertRuns(ProcessBuilder builder) throws Exception {
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static int exitCode(ProcessBuilder builder) throws Exception {
    Process process = builder.redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor();
  }

  private static String get(int port, String path) throws IOException {
    var options = new Monitoring("127.0.0.1", port, true, true, null, null);
    return new HealthClient(options, port, PATIENCE).ask(path).body();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
