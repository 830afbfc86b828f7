package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the real producer published, through a real JetStream into a real PostgreSQL: the target
 * then holds what the source held.
 */
final class GoldenReplayIT {
  /** That of the source, as the expected values are in its words. */
  private static final int SOURCE_VERSION = 15;

  private static final int RESTARTS = 10;

  /**
   * Far fewer than the largest transaction has, which is then applied, and interrupted, in parts.
   */
  private static final int MAX_ROWS = 500;

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(SOURCE_VERSION));

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @ParameterizedTest
  @EnumSource
  void theTargetHoldsWhatTheSourceHeld(Generation generation, PostgresDatabase database)
      throws Exception {
    var capture = new GoldenCapture(generation);
    var target = new GoldenTarget(database);
    var tables = tables(capture);
    try (var streams = new GoldenStreams(nats.server(), capture);
        var replay = new GoldenReplay(streams, nats.server(), target.uri(), BatchLimits.DEFAULT)) {
      streams.publishAll();
      replay.create(tables.get(true));
      replay.subscribe(tables.get(true));
      replay.subscribe(tables.get(false));
      replay.start();
      replay.awaitAll();
    }
    assertThat(differences(target, capture)).isEmpty();
  }

  static Stream<Arguments> seeds() {
    long seed = Long.getLong("creek.test.seed", ThreadLocalRandom.current().nextLong());
    return Stream.of(Generation.values()).map(generation -> Arguments.of(generation, seed));
  }

  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("seeds")
  void theSameMessageByMessageThroughRestarts(
      Generation generation, long seed, PostgresDatabase database) throws Exception {
    var capture = new GoldenCapture(generation);
    var target = new GoldenTarget(database);
    var tables = tables(capture);
    var random = new Random(seed);
    var limits = new BatchLimits(random.nextInt(1, MAX_ROWS), BatchLimits.DEFAULT.bytes());
    try (var streams = new GoldenStreams(nats.server(), capture);
        var replay = new GoldenReplay(streams, nats.server(), target.uri(), limits)) {
      replay.subscribe(tables.get(false));
      replay.start();
      for (int cut : streams.cuts(random, RESTARTS)) {
        streams.publishTo(cut);
        replay.awaitSome(random);
        replay.restart(random);
      }
      replay.create(tables.get(true));
      replay.subscribe(tables.get(true));
      replay.awaitAll();
    }
    assertThat(differences(target, capture)).as("seed %d", seed).isEmpty();
  }

  private static List<String> differences(GoldenTarget target, GoldenCapture capture)
      throws Exception {
    return target.differences(
        capture.generation(),
        GoldenStreams.tables(capture),
        GoldenDifferences.of(capture.generation()));
  }

  /** Tables of a capture by whether the target has to be told to create them. */
  private static Map<Boolean, List<SourceTable>> tables(GoldenCapture capture) {
    return GoldenStreams.tables(capture).stream()
        .collect(
            Collectors.partitioningBy(
                table -> GoldenTarget.MADE_BY_WORKLOAD.contains(table.table())));
  }
}
