package dev.creek.consumer.app.chaos;

import dev.creek.consumer.wire.Generation;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The short form of {@link Chaos}; {@code -Dcreek.test.seed=…} takes another seed. */
final class ChaosIT {
  private static final long SEED = Long.getLong("creek.test.seed", 41);
  private static final Duration LIMIT =
      Duration.ofSeconds(Integer.getInteger("creek.test.chaos.seconds", 40));

  @ParameterizedTest
  @EnumSource(Generation.class)
  void whateverFailsTheTargetEndsEqual(Generation generation) {
    new ChaosRun(generation, SEED, LIMIT, System.out).run();
  }
}
