package dev.creek.consumer.stream.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.testing.MemoryLog;
import dev.creek.consumer.testing.NoSnapshotLog;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.WalBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Random histories, random cuts, random batch bounds, failures between any two steps: the target
 * ends equal to the model, its position never goes back, and every change took effect at most once,
 * as a trigger on the target tells.
 *
 * <p>{@code -Dcreek.histories=N} runs more seeds, {@code -Dcreek.seed=S} begins with another.
 */
class RandomHistoryIT {
  private static final int FAULTS = 8;
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  static Stream<Arguments> seeds() {
    long first = Long.getLong("creek.seed", 1);
    return LongStream.range(first, first + Integer.getInteger("creek.histories", 8))
        .boxed()
        .flatMap(seed -> Stream.of(Grouping.values()).map(by -> Arguments.of(seed, by)));
  }

  @ParameterizedTest(name = "seed {0}, by {1}")
  @MethodSource("seeds")
  void endsEqualAppliesOnceAndOnlyMovesForward(
      long seed, Grouping grouping, PostgresDatabase database) {
    Random random = new Random(seed);
    List<RandomHistory> histories =
        Stream.of("one", "two")
            .map(
                t ->
                    new RandomHistory(
                            random.nextLong(),
                            t,
                            random.nextBoolean() ? Generation.OLD : Generation.NEW)
                        .transactions(250))
            .toList();
    PostgresTarget target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
    try {
      target.subscriptions().migrate().block(PATIENCE);
      histories.forEach(h -> createTarget(database, h.wire().source().table()));
      watchPositions(database);

      FaultyTargets faulty = new FaultyTargets(target.tables(), random.nextLong(), FAULTS);
      MemoryLog log = new MemoryLog(random.nextLong(), () -> breakReading(faulty));
      List<Long> lastSequences = fill(log, histories, random);
      BatchLimits limits = new BatchLimits(1 + random.nextInt(60), 500 + random.nextInt(20_000));
      histories.forEach(h -> target.subscriptions().activate(mapping(h)).block(PATIENCE));

      Runnable stop =
          start(
              log,
              target,
              faulty,
              PipelineOptions.DEFAULT
                  .withLimits(limits)
                  .withMaxMessageBytes(1 << 20)
                  .withGrouping(grouping));
      try {
        Awaitility.await("seed " + seed)
            .atMost(PATIENCE)
            .untilAsserted(() -> reached(positions(database), lastSequences));
        // Also if it could not be stored when it began.
        Awaitility.await("seed " + seed)
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(states(database)).containsOnly("streaming"));
      } finally {
        stop.run();
      }
      histories.forEach(h -> compare(database, h, "seed " + seed));
    } finally {
      target.close().block(PATIENCE);
    }
  }

  private static Runnable start(
      MemoryLog log, PostgresTarget target, TargetTables tables, PipelineOptions options) {
    Sinks.Empty<Void> stop = Sinks.empty();
    Scheduler threads = Schedulers.newParallel("line", 2);
    Mono<Void> lines =
        new TablePipelines(
                log,
                new NoSnapshotLog(),
                target.subscriptions(),
                target.replicas(),
                tables,
                target.snapshots(),
                new Schemas(target.schemaCache(), log),
                options,
                threads,
                MetricsRecorder.NONE,
                event -> {},
                stop.asMono())
            .run();
    Sinks.Empty<Void> ended = Sinks.empty();
    Disposable running = lines.doFinally(signal -> ended.tryEmitEmpty()).subscribe();
    return () -> {
      stop.tryEmitEmpty();
      ended.asMono().block(PATIENCE);
      running.dispose();
      threads.dispose();
    };
  }

  private static void breakReading(FaultyTargets faults) {
    if (faults.breaks(12)) {
      throw new BrokerException.Unavailable("the broker went away, says the test");
    }
  }

  /** Both tables' messages in one stream, interleaved. */
  private static List<Long> fill(MemoryLog log, List<RandomHistory> histories, Random random) {
    List<List<WalBytes>> left = new ArrayList<>();
    for (RandomHistory history : histories) {
      log.publish(
          history.wire().source(), history.wire().fingerprint(), history.wire().schemaText());
      left.add(new ArrayList<>(history.messages()));
    }
    Long[] last = new Long[histories.size()];
    while (left.stream().anyMatch(l -> !l.isEmpty())) {
      int which = random.nextInt(left.size());
      if (!left.get(which).isEmpty()) {
        WalBytes message = left.get(which).remove(0);
        last[which] = log.append(histories.get(which).wire().source(), message.packets());
      }
    }
    return Arrays.asList(last);
  }

  private static Mapping mapping(RandomHistory history) {
    return new Mapping(
        history.wire().source(), new TargetTable("copy", history.wire().source().table()));
  }

  private static void createTarget(PostgresDatabase database, String table) {
    database.execute(
        "create schema if not exists copy",
        "create table copy.%s (id int primary key, slot int unique, version bigint not null, note text)"
            .formatted(table),
        "create table copy.%s_effects (version bigint)".formatted(table),
        """
        create function copy.log_%1$s() returns trigger language plpgsql as $$
        begin
          insert into copy.%1$s_effects values (new.version);
          return new;
        end $$"""
            .formatted(table),
        "create trigger log after insert or update on copy.%1$s for each row execute function copy.log_%1$s()"
            .formatted(table));
  }

  private static void watchPositions(PostgresDatabase database) {
    database.execute(
        """
        create function copy.forward() returns trigger language plpgsql as $$
        begin
          if new.stream_seq < old.stream_seq then
            raise exception 'the position went back from % to %', old.stream_seq, new.stream_seq;
          end if;
          return new;
        end $$""",
        "create trigger forward before update on _creek_consumer.subscriptions for each row execute function copy.forward()");
  }

  private static List<Long> positions(PostgresDatabase database) {
    return database
        .query("select coalesce(stream_seq, 0) from _creek_consumer.subscriptions order by target")
        .stream()
        .map(row -> Long.valueOf(row.get(0)))
        .toList();
  }

  private static List<String> states(PostgresDatabase database) {
    return database
        .query("select state || coalesce(': ' || reason, '') from _creek_consumer.subscriptions")
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  /** A member of a group goes on with it, past its own last change. */
  private static void reached(List<Long> positions, List<Long> lastSequences) {
    assertThat(positions).hasSameSizeAs(lastSequences);
    for (int i = 0; i < positions.size(); i++) {
      assertThat(positions.get(i)).isGreaterThanOrEqualTo(lastSequences.get(i));
    }
  }

  private static void compare(PostgresDatabase database, RandomHistory history, String context) {
    String table = "copy." + history.wire().source().table();
    List<List<String>> expected =
        history.rows().values().stream()
            .map(row -> Arrays.stream(row).map(v -> v == null ? null : v.toString()).toList())
            .toList();
    assertThat(database.query("select id, slot, version, note from " + table + " order by id"))
        .as("%s, %s", context, table)
        .isEqualTo(expected);
    assertThat(
            database.query(
                "select version from " + table + "_effects group by version having count(*) > 1"))
        .as("%s, %s: changes that took effect twice", context, table)
        .isEmpty();
    assertThat(
            database.query(
                "select version from "
                    + table
                    + " except select version from "
                    + table
                    + "_effects"))
        .as("%s, %s: rows without an effect", context, table)
        .isEmpty();
  }
}
