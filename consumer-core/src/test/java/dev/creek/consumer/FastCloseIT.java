package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** Consumers that are closed while they are only beginning, each at another moment. */
class FastCloseIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int ROUNDS = 60;

  /** Ours and the NATS client's; the rest belongs to Reactor and Netty, for the JVM's life. */
  private static final Pattern OURS = Pattern.compile("(creek|nats).*");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @Test
  void leaveNoConnectionNoThreadAndNoWord(PostgresDatabase database) {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    String printed = printedBy(() -> rounds(nats.server().uri(), database.uri()));

    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(left(before)).isEmpty());
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(connectionsToNats()).isZero());
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(sessions(database)).isEmpty());
    assertThat(printed).isEmpty();
  }

  @Test
  void letTheirProgramEnd(PostgresDatabase database, @TempDir Path folder)
      throws IOException, InterruptedException {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                nats.server().uri(),
                database.uri())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    try {
      assertThat(program.waitFor(PATIENCE.multipliedBy(3).toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }
    assertThat(program.exitValue()).isZero();
    assertThat(folder.resolve("output")).content().endsWith("main ends" + System.lineSeparator());
  }

  /** A program that does nothing about its end. */
  public static final class Program {
    private Program() {}

    /** Its arguments are the addresses of both servers. */
    public static void main(String[] servers) {
      rounds(servers[0], servers[1]);
      // Not closed, and cancelled in its middle: still no reason to keep a program alive.
      CreekConsumer.create(options(servers[0], servers[1]))
          .run()
          .take(PATIENCE.dividedBy(60))
          .blockLast();
      System.out.println("main ends");
    }
  }

  private static void rounds(String natsUri, String databaseUri) {
    for (int round = 0; round < ROUNDS; round++) {
      try (CreekConsumer consumer = CreekConsumer.create(options(natsUri, databaseUri))) {
        consumer.run().subscribe();
        Mono.delay(Duration.ofMillis(round)).block();
      }
    }
  }

  private static ConsumerOptions options(String natsUri, String databaseUri) {
    return ConsumerOptions.of(
        BrokerOptions.builder(natsUri).build(), DatabaseOptions.of(databaseUri));
  }

  private static List<String> left(Set<Thread> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !before.contains(thread))
        .filter(thread -> !thread.isDaemon() || OURS.matcher(thread.getName()).matches())
        .map(Thread::getName)
        .filter(name -> !name.startsWith("awaitility"))
        .toList();
  }

  private int connectionsToNats() throws IOException {
    URL page = URI.create(nats.server().monitoringUri() + "/connz").toURL();
    try (InputStream answer = page.openStream()) {
      return new ObjectMapper().readTree(answer).path("num_connections").asInt(-1);
    }
  }

  private static List<List<String>> sessions(PostgresDatabase database) {
    return database.query(
        """
        select pid::text, state, query from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
        """);
  }

  /** The pool's library prints its complaints. */
  private static String printedBy(Runnable work) {
    PrintStream usual = System.err;
    var printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      work.run();
    } finally {
      System.setErr(usual);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
