package dev.creek.consumer.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.workload.BackgroundWorkload;
import dev.creek.consumer.testing.workload.RandomWorkload;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Exactly once, whatever is killed by SIGKILL at random moments under load.
 *
 * <p>{@code -Dcreek.test.seed=…} takes another seed; the moments are also the machine's.
 */
@Tag("long")
final class KillsIT {
  private static final int KILLS = 20;
  private static final int ROUNDS = 6;
  private static final int STEPS_PER_SECOND = 400;

  /** How far the service gets between two kills, at most. */
  private static final int MAX_MESSAGES = 3_000;

  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  static Stream<Arguments> generations() {
    return Stream.of(
        Arguments.of(Generation.OLD, Long.getLong("creek.test.seed", 31)),
        Arguments.of(Generation.NEW, Long.getLong("creek.test.seed", 32)));
  }

  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("generations")
  void killsOfTheServiceLoseAndRepeatNothing(Generation generation, long seed) {
    Random random = new Random(seed);
    try (Installation all = new Installation(generation, seed, UnaryOperator.identity())) {
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND)) {
        for (int kill = 0; kill < KILLS; kill++) {
          all.startService();
          all.awaitProgress(1 + random.nextInt(MAX_MESSAGES));
          all.service().kill();
        }
        assertThat(load.failure()).isEmpty();
        all.startService();
      }
      all.assertEqual();
      all.assertEachEffectOnce();
      assertThat(all.service().terminate(STOP_LIMIT)).isZero();
    }
  }

  /**
   * The producer publishes its last transactions again then, so rows with a key are written twice.
   */
  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("generations")
  void killsOfWhatIsAroundItLoseNothing(Generation generation, long seed) {
    Random random = new Random(seed);
    try (Installation all =
        new Installation(generation, seed, RandomWorkload.Builder::onlyWithKey)) {
      List<Runnable> kills =
          List.of(
              () -> {
                all.producer().kill();
                all.producer().start();
              },
              () -> {
                all.nats().kill();
                all.nats().start();
              },
              () -> {
                all.targetServer().kill();
                all.targetServer().start();
              },
              () -> {
                all.sourceServer().kill();
                all.sourceServer().start();
              },
              () -> {
                all.service().kill();
                all.startService();
              });
      all.startService();
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND)) {
        for (int round = 0; round < ROUNDS; round++) {
          all.awaitProgress(1 + random.nextInt(MAX_MESSAGES));
          kills.get(round < kills.size() ? round : random.nextInt(kills.size())).run();
        }
        assertThat(load.failure()).isEmpty();
      }
      all.assertEqual();
    }
  }

  /** What comes again is told by its transaction; NEW says nothing by which it could be. */
  @Test
  void killsOfAnOldProducerRepeatNoRowThatHasNoKey() {
    long seed = Long.getLong("creek.test.seed", 33);
    Random random = new Random(seed);
    try (Installation all =
        new Installation(Generation.OLD, seed, RandomWorkload.Builder::onlyInserts)) {
      all.startService();
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND)) {
        for (int kill = 0; kill < ROUNDS; kill++) {
          all.awaitProgress(1 + random.nextInt(MAX_MESSAGES));
          all.producer().kill();
          all.producer().start();
        }
        assertThat(load.failure()).isEmpty();
      }
      all.assertEqual();
      all.assertEachEffectOnce();
    }
  }
}
