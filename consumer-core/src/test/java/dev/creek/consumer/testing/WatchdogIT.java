package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A killed test JVM must not leave servers behind: the next runs would find the machine full. */
final class WatchdogIT {

  @Test
  void endsTheServersOfAKilledJvmAndRemovesTheirFolders() throws Exception {
    assumeTrue(!Settings.containers());
    assumeTrue(Settings.text(PostgresServer.EXTERNAL) == null);
    assumeTrue(Settings.text(NatsServer.EXTERNAL) == null);
    Process jvm =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    classPath(),
                    "-Dcreek.test.cache=" + TestCache.folder(),
                    TwoServers.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
    Path store = Path.of(String.valueOf(out.readLine()));
    List<ProcessHandle> servers;
    try (Stream<ProcessHandle> descendants = jvm.descendants()) {
      servers = descendants.toList();
    }
    // At least PostgreSQL with some of its processes, nats-server and the watchdog.
    assertThat(servers).hasSizeGreaterThan(5);
    assertThat(store).exists();

    jvm.destroyForcibly().waitFor();

    // The watchdog gives the servers 3 s before it kills them; the rest is for a busy machine.
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              assertThat(servers).noneMatch(ProcessHandle::isAlive);
              assertThat(Files.exists(store)).isFalse();
            });
  }

  /** Surefire gives its JVM the class path in a jar's manifest, and the real one in a property. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Starts both servers and waits to be killed. */
  static final class TwoServers {

    private TwoServers() {}

    @SuppressWarnings("resource") // the point of the test
    public static void main(String[] args) throws Exception {
      PostgresServer.builder().start();
      NatsServer nats = NatsServer.builder().start();
      System.out.println(nats.storeDir());
      Thread.currentThread().join();
    }
  }
}
