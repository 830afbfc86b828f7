package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class TtyTest {

  @Test
  void pipesAreNotColoured() {
    // Under the build, standard error is a pipe or a file, and 99 is not open at all.
    assertThat(Tty.wantsColour(99, Map.of("TERM", "xterm"))).isFalse();
  }

  @Test
  void theUserMayNotWantColour() {
    assertThat(Tty.unwanted(Map.of("TERM", "xterm", "NO_COLOR", "1"))).isTrue();
    assertThat(Tty.unwanted(Map.of("TERM", "dumb"))).isTrue();
    assertThat(Tty.unwanted(Map.of())).isTrue();
    assertThat(Tty.unwanted(Map.of("TERM", "xterm", "NO_COLOR", ""))).isFalse();
  }
}
