package dev.creek.consumer.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * New random cases in each build, for most of a minute; {@code ./mvnw -q -Pmachine} takes as long
 * as it is told.
 */
final class InvariantMachineIT {
  private static final Duration TIME = Duration.ofSeconds(45);

  @Test
  void everyTableIsEqualOrSaysThatItIsNot() {
    MachineOptions options = MachineOptions.ofProperties(TIME);

    assertThat(new InvariantMachine(options, System.out).run()).isEmpty();
  }
}
