package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/**
 * What the packaged jar does without servers: a missing class or service entry shows only there.
 */
final class JarIT {

  @Test
  void printsItsVersionAndNothingElse() {
    try (Jar jar = Jar.run(Map.of(), "--version")) {
      assertThat(jar.exitCode()).isZero();
      assertThat(jar.out()).matches("creek-consumer \\d+\\.\\d+\\.\\d+\\S*\\R");
      assertThat(jar.err()).isEmpty();
    }
  }

  @Test
  void printsHelpWithoutColourIntoAPipe() {
    try (Jar jar = Jar.run(Map.of("TERM", "xterm"), "--help")) {
      assertThat(jar.exitCode()).isZero();
      assertThat(jar.out()).contains("Usage: creek-consumer").doesNotContain("\u001b");
      assertThat(jar.err()).isEmpty();
    }
  }

  @Test
  void endsWithTwoOnAWrongConfiguration() {
    var environment = Map.of("DB_URI", "postgres://me:geheim@h/db", "LOG_LEVEL", "loud");
    try (Jar jar = Jar.run(environment, "serve")) {
      assertThat(jar.exitCode()).isEqualTo(2);
      assertThat(jar.out()).isEmpty();
      assertThat(jar.err())
          .contains("--nats-uri (or NATS_URI in the environment) is missing")
          .contains("LOG_LEVEL 'loud'")
          .doesNotContain("geheim");
    }
  }

  @Test
  void endsWithOneWhereTheDatabaseCannotBeReached() throws IOException {
    var environment = Map.of("DB_URI", "postgres://me:geheim@127.0.0.1:" + freePort() + "/db");
    try (Jar jar = Jar.run(environment, "list-tables")) {
      assertThat(jar.exitCode()).isEqualTo(1);
      assertThat(jar.out()).isEmpty();
      assertThat(jar.err()).startsWith("creek-consumer: ").doesNotContain("geheim");
      assertThat(jar.err().lines()).hasSize(1);
    }
  }

  @Test
  void theLauncherFindsTheJarAndPassesArgumentsOnAsTheyAre() throws Exception {
    var builder = new ProcessBuilder("sh", "src/main/dist/creek-consumer", "remove-tables", "a b");
    builder.environment().put("CREEK_CONSUMER_JAR", System.getProperty("creek.jar"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("CREEK_CONSUMER_JVM", "-Xmx64m -Dx=y");
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(said).contains("target 'a b' must have the form");
  }

  /** A service whose jar finds no trap passes all failpoints by. */
  @Test
  void nothingInItCanMakeItFailOnDemand() throws IOException {
    try (var jar = new JarFile(System.getProperty("creek.jar"))) {
      assertThat(jar.stream().map(JarEntry::getName))
          .contains("dev/creek/consumer/stream/Failpoint$Trap.class")
          .noneMatch(name -> name.startsWith("META-INF/services/dev.creek.consumer"));
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
