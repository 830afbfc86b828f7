package dev.creek.consumer.app.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class ServiceProcessIT {

  private static final Duration LIMIT = Patience.LIMIT;

  @Test
  void runsACommandAndKeepsWhatItPrinted() {
    ServiceProcess.Outcome outcome = ServiceProcess.of("--version").run(LIMIT);
    assertThat(outcome.orThrow()).startsWith("creek-consumer ");
  }

  @Test
  void passesOptionsToItsJvm() {
    ServiceProcess.Outcome outcome =
        ServiceProcess.of("--version")
            .jvmOptions("-XshowSettings:properties", "-Dcreek.marker=here")
            .run(LIMIT);
    assertThat(outcome.output()).contains("creek.marker = here");
  }

  @Test
  void throwsWithTheOutputOfACommandThatFailed() {
    ServiceProcess.Outcome outcome = ServiceProcess.of("no-such-command").run(LIMIT);
    assertThatThrownBy(outcome::orThrow).hasMessageContaining(outcome.output());
  }

  @Test
  void findsALineThatWasLoggedJustBeforeTheEnd() {
    try (ServiceProcess process = ServiceProcess.of("--version").start()) {
      assertThat(process.awaitLog(Pattern.compile("consumer \\d"), LIMIT)).startsWith("creek");
    }
  }

  @Test
  void tellsTheLogWhenTheLineDoesNotCome() {
    try (ServiceProcess process = ServiceProcess.of("--version").start()) {
      assertThatThrownBy(() -> process.awaitLog(Pattern.compile("no such line"), LIMIT))
          .hasMessageContaining("ended")
          .hasMessageContaining("creek-consumer");
    }
  }
}
