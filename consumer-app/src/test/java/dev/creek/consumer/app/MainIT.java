package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the jar as a user does: a missing class or service entry shows only there. */
final class MainIT {

  private record Ended(int code, String out, String err) {}

  @Test
  void printsItsVersionAndNothingElse() throws Exception {
    Ended ended = run("--version");
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).matches("creek-consumer \\d+\\.\\d+\\.\\d+\\S*\\R");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void printsHelpWithoutColourIntoAPipe() throws Exception {
    Ended ended = run("--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("Usage: creek-consumer").doesNotContain("\u001b");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void endsWithTwoOnAWrongCommandLine() throws Exception {
    Ended ended = run("serve", "--db-uri", "postgres://me:geheim@h/db", "--log-level", "loud");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err())
        .contains("--nats-uri (or NATS_URI in the environment) is missing")
        .contains("--log-level 'loud'")
        .doesNotContain("geheim");
  }

  private static Ended run(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", System.getProperty("creek.jar")));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(NATS|DB|LOG)_.*|JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS"));
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), out, err);
  }
}
