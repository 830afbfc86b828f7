package dev.creek.consumer.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.creek.consumer.testing.Interrupts;
import dev.creek.consumer.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as its Maven profile runs it, against the packaged jar, without a terminal. */
final class DemoIT {

  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static final Pattern TARGET =
      Pattern.compile("target +postgres://(\\w+):(\\w+)@(\\S+/copy)");

  private static final Pattern RUNNING = Pattern.compile("(?m)^ +0:\\d\\d .* tx/s .* lag ");

  /** The comparison that is made while the load pauses. */
  private static final Pattern EQUAL_IN_BETWEEN = Pattern.compile("equal at 0:\\d\\d");

  private static final Pattern SNAPSHOT_IN_PLACE =
      Pattern.compile("snapshot of order_lines in place at 0:\\d\\d");

  private static final Pattern FILLED =
      Pattern.compile("products.rating added at 0:\\d\\d, filled at 0:\\d\\d");

  @TempDir private Path folder;
  private ServerProcess demo;

  @AfterEach
  void endIt() {
    if (demo != null) {
      demo.kill();
    }
  }

  @Test
  void endsByItselfWithEqualTables() throws IOException {
    start("-Ddemo.seconds=6");
    List<ProcessHandle> started = onceSeen(RUNNING);

    assertThat(demo.awaitEnd(LIMIT)).as(this::log).isEqualTo(OptionalInt.of(0));

    assertThat(log())
        .containsPattern("(?m)^the source's products got the column rating: ")
        .containsPattern("(?m)^equal: PostgreSQL 15 and PostgreSQL 17 hold");
    assertThat(log()).doesNotContain("\u001b");
    assertNoneIsLeft(started);
  }

  @Test
  void controlCEndsItAndDifferencesFailIt() throws Exception {
    assumeFalse(Interrupts.areIgnored(), "SIGINT is ignored here");
    start("-Ddemo.rate=50", "-Ddemo.source=17", "-Ddemo.target=13", "-Ddemo.generation=old");
    onceSeen(EQUAL_IN_BETWEEN);
    onceSeen(SNAPSHOT_IN_PLACE);
    List<ProcessHandle> started = onceSeen(FILLED);
    tamper(
        "insert into customers select (jsonb_populate_record(c, '{\"id\": 1000000000}')).*"
            + " from customers c limit 1");

    // As a terminal does: to the whole process group.
    new ProcessBuilder("kill", "-INT", "--", "-" + demo.pid()).start().waitFor();

    assertThat(demo.awaitEnd(LIMIT)).as(this::log).isEqualTo(OptionalInt.of(1));
    assertThat(log())
        .contains("public.customers: 1 difference")
        .contains("id (1000000000) is only at the target")
        .containsPattern("(?m)^different; ");
    assertNoneIsLeft(started);
  }

  private void start(String... properties) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    for (String name : List.of("creek.jar", "creek.test.cache")) {
      if (System.getProperty(name) != null) {
        command.add("-D" + name + "=" + System.getProperty(name));
      }
    }
    command.addAll(List.of(properties));
    command.add(Demo.class.getName());
    demo = ServerProcess.start("the demo", command, Map.of(), folder.resolve("log"));
  }

  /** Waits until the demo has said that; returns all processes that it has started by then. */
  private List<ProcessHandle> onceSeen(Pattern words) {
    demo.awaitReady(() -> words.matcher(log()).find(), LIMIT);
    try (Stream<ProcessHandle> descendants =
        ProcessHandle.of(demo.pid()).orElseThrow().descendants()) {
      List<ProcessHandle> started = descendants.toList();
      // Two PostgreSQL with some processes each, nats-server, the service and the watchdog.
      assertThat(started).hasSizeGreaterThan(10);
      return started;
    }
  }

  private static void assertNoneIsLeft(List<ProcessHandle> started) {
    await().untilAsserted(() -> assertThat(started).noneMatch(ProcessHandle::isAlive));
  }

  private void tamper(String sql) throws Exception {
    Matcher uri = TARGET.matcher(log());
    assertThat(uri.find()).as(this::log).isTrue();
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://" + uri.group(3), uri.group(1), uri.group(2));
        Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isPositive();
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return "";
    }
  }
}
