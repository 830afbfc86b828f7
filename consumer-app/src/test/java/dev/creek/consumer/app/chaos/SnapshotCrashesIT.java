package dev.creek.consumer.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.workload.BackgroundWorkload;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The service dies at each step of a snapshot, of tables that random transactions change: the next
 * one begins the command again, and nothing is lost.
 *
 * <p>{@code -Dcreek.test.seed=…} takes another seed; the moments are also the machine's.
 */
@Tag("long")
final class SnapshotCrashesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int AS_IF_KILLED = 128 + 9;
  private static final int STEPS_PER_SECOND = 200;

  /** None is empty then: a snapshot has at least one chunk. */
  private static final int STILL_ROWS = 50;

  private record Death(String mode, String failpoint) {}

  private static final List<Death> DEATHS =
      List.of(
          new Death("clean", "snapshot-chunk"),
          new Death("clean", "snapshot-loaded"),
          new Death("clean", "snapshot-built"),
          new Death("clean", "snapshot-replaced"),
          new Death("clean", "snapshot-moved"),
          new Death("clean", "snapshot-committed"),
          new Death("clean", "before-outcome"),
          new Death("upsert", "snapshot-chunk"),
          new Death("upsert", "snapshot-loaded"),
          new Death("upsert", "snapshot-committed"),
          new Death("upsert", "after-outcome"));

  static Stream<Arguments> generations() {
    return Stream.of(
        Arguments.of(Generation.OLD, Long.getLong("creek.test.seed", 51)),
        Arguments.of(Generation.NEW, Long.getLong("creek.test.seed", 52)));
  }

  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("generations")
  void isBegunAgainWhereTheServiceDied(Generation generation, long seed) {
    Random random = new Random(seed);
    try (Installation all =
        new Installation(generation, seed, tables -> tables.onlyWithKey().withoutTruncate())) {
      all.workload().fill(STILL_ROWS);
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND)) {
        for (Death death : DEATHS) {
          all.startService("-Dcreek.failpoints=" + death.failpoint() + "=crash");
          List<String> tables = all.workload().tables();
          String table = tables.get(random.nextInt(tables.size()));
          long command =
              all.submit("snapshot('%s', '" + death.mode() + "')", Installation.mapping(table));
          assertThat(all.service().awaitExit(PATIENCE))
              .as(() -> death + " of " + table + ": " + all.situation())
              .isEqualTo(AS_IF_KILLED);
          all.startService();
          assertThat(all.awaitEnd(command)).as(death + " of " + table).isEqualTo("ok");
        }
        assertThat(load.failure()).isEmpty();
      }
      all.forgetSetbacks();
      all.assertEqual();
    }
  }
}
