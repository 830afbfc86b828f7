package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the jar as a user does: a missing class or service entry shows only there. */
final class CreekConsumerIT {

  @Test
  void printsItsVersionFromTheRunnableJar() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(List.of(java, "-jar", System.getProperty("creek.jar"), "--version"))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).describedAs(output).isZero();
    assertThat(output).startsWith("creek-consumer ").doesNotContain("${");
  }
}
