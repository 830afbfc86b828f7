package dev.creek.consumer.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The same random cases in each build, for most of a minute, so that no build fails for a fault
 * that it did not bring; {@code ./mvnw -q -Pmachine} makes up new ones for as long as it is told.
 */
final class InvariantMachineIT {
  private static final Duration TIME = Duration.ofSeconds(45);

  private static final long FIRST_SEED = 20_261_129;

  @Test
  void everyTableIsEqualOrSaysThatItIsNot() {
    MachineOptions options = MachineOptions.ofProperties(TIME).beginningAt(FIRST_SEED);

    assertThat(new InvariantMachine(options, System.out).run()).isEmpty();
  }
}
