package dev.creek.consumer.app.chaos;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Chaos} for a few minutes; {@code -Dcreek.test.seed=…} takes another seed. */
final class ChaosIT {
  private static final long SEED = Long.getLong("creek.test.seed", 41);

  @Test
  void theWorstOfThemEndInEqualTables() {
    new ChaosRun(Generation.NEW, SEED, System.out).once(Faults.worst());
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource(Generation.class)
  void whateverFailsTheTargetEndsEqual(Generation generation) {
    new ChaosRun(generation, SEED, System.out).once(Faults.all());
  }

  @Tag("long")
  @Test
  void whateverFailsNoSourceTransactionOfAGroupIsSeenInParts() {
    new ChaosRun(Generation.NEW, Grouping.DATABASE, SEED, System.out).once(Faults.all());
  }
}
