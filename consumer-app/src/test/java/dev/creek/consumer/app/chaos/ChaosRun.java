package dev.creek.consumer.app.chaos;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.app.chaos.Fault.Effect;
import dev.creek.consumer.testing.workload.BackgroundWorkload;
import dev.creek.consumer.testing.workload.RandomWorkload;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;

/**
 * One fault after the other under a random workload, in a random order that the seed decides, some
 * of them while a snapshot is taken; after each one the load pauses until source and target are
 * equal, and what must hold is held against them.
 */
final class ChaosRun {
  private static final int STEPS_PER_SECOND = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  /** How far the tables get before a fault, at most. */
  private static final int MAX_MESSAGES = 200;

  /** One fault of so many comes while a snapshot is taken. */
  private static final int SNAPSHOTS = 4;

  /** The service's own bounds: a pool of 10, the listener, the lock that says who is alive. */
  private static final int MAX_SESSIONS = 16;

  private static final long MAX_RESIDENT_KB = 400_000;

  private final Generation generation;
  private final Grouping grouping;
  private final long seed;
  private final PrintStream out;
  private final Random random;
  private final Recoveries recoveries = new Recoveries();

  ChaosRun(Generation generation, long seed, PrintStream out) {
    this(generation, Grouping.TABLE, seed, out);
  }

  /**
   * The same.
   *
   * @param grouping of the service; by database an observer looks for source transactions that are
   *     visible in parts
   */
  ChaosRun(Generation generation, Grouping grouping, long seed, PrintStream out) {
    this.generation = generation;
    this.grouping = grouping;
    this.seed = seed;
    this.out = out;
    this.random = new Random(seed);
  }

  /**
   * Each of these once.
   *
   * @throws AssertionError where something does not hold, with what there is to know
   */
  void once(List<Fault> faults) {
    out.printf("chaos: %s, by %s, seed %d, %d faults%n", generation, grouping, seed, faults.size());
    run(faults, Long.MAX_VALUE, false);
  }

  /**
   * Faults again and again.
   *
   * @param names what their names have in common
   * @throws AssertionError where something does not hold, with what there is to know
   */
  void during(Duration limit, String names) {
    out.printf("chaos: %s, by %s, seed %d, %s%n", generation, grouping, seed, limit);
    List<Fault> faults =
        Faults.all().stream().filter(fault -> fault.name().contains(names)).toList();
    run(faults, System.nanoTime() + limit.toNanos(), true);
  }

  private void run(List<Fault> faults, long endNanos, boolean again) {
    try (Installation all =
        new Installation(generation, grouping, seed, RandomWorkload.Builder::onlyWithKey)) {
      all.startService();
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND);
          ObservedPairs pairs = ObservedPairs.of(grouping, all, seed)) {
        all.awaitProgress(1);
        all.effects().clear();
        do {
          List<Fault> order = new ArrayList<>(faults);
          Collections.shuffle(order, random);
          for (Fault fault : order) {
            if (System.nanoTime() < endNanos) {
              round(all, load, pairs, fault);
            }
          }
        } while (again && System.nanoTime() < endNanos);
        pairs.report(out);
      }
      all.assertEqual();
      Faults.stop(all);
      out.print(recoveries.table());
      out.printf(Locale.ROOT, "equal after %,d transactions%n", all.workload().committed());
    }
  }

  private void round(Installation all, BackgroundWorkload load, ObservedPairs pairs, Fault fault) {
    out.printf("%s %-45s ", LocalTime.now(ZoneId.systemDefault()).format(CLOCK), fault);
    out.flush();
    try {
      all.awaitProgress(1 + random.nextInt(MAX_MESSAGES));
      OptionalLong snapshot = snapshotBeside(all, fault);
      fault.strike().on(all, random);
      long ended = System.nanoTime();
      try (BackgroundWorkload.Pause pause = load.pause();
          PairedTables.Pause pairsPause = pairs.pause()) {
        if (fault.effect() == Effect.GAP) {
          heal(all);
        }
        // Refused or broken off by the fault is as good an end as any other.
        String outcome = snapshot.isPresent() ? all.awaitEnd(snapshot.getAsLong()) : "";
        requireEnded(outcome);
        awaitEqual(all);
        Duration recovery = Duration.ofNanos(System.nanoTime() - ended);
        check(all, snapshot.isPresent() ? Effect.SNAPSHOT : fault.effect());
        pairs.requireWhole(fault);
        report(all, recovery, outcome);
        recoveries.add(snapshot.isPresent() ? Recoveries.WITH_SNAPSHOT : fault.name(), recovery);
        all.effects().clear();
        all.forgetSetbacks();
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "%s, seed %d: after '%s': %s%n%s"
              .formatted(generation, seed, fault, e.getMessage(), all.situation()),
          e);
    }
    load.failure()
        .ifPresent(
            cause -> {
              throw new AssertionError("the workload failed", cause);
            });
  }

  private OptionalLong snapshotBeside(Installation all, Fault fault) {
    boolean due = random.nextInt(SNAPSHOTS) == 0;
    return due && fault.effect().compareTo(Effect.SNAPSHOT) < 0
        ? OptionalLong.of(Commands.beside(all, random))
        : OptionalLong.empty();
  }

  private static void requireEnded(String outcome) {
    if (outcome.equals("queued") || outcome.equals("running")) {
      throw new AssertionError("the snapshot beside it is still " + outcome);
    }
  }

  /** All tables, as all read the one stream. */
  private static void heal(Installation all) {
    all.awaitPublished();
    for (String table : all.tables()) {
      all.command("resync('%s')", Installation.mapping(table));
    }
    all.awaitThat(() -> all.gaps().isEmpty());
    all.awaitThat(() -> all.marked().isEmpty());
  }

  private static void awaitEqual(Installation all) {
    all.awaitPublished();
    all.comparison().awaitEqual(PATIENCE);
    all.awaitThat(() -> all.troubled().isEmpty());
  }

  private static void check(Installation all, Effect effect) throws IOException {
    List<String> found = new ArrayList<>();
    if (effect == Effect.NONE) {
      found.addAll(all.effects().repeated(all.workload().versionedTables()));
    }
    if (effect.compareTo(Effect.SNAPSHOT) < 0) {
      found.addAll(all.setbacks());
    }
    if (all.sessions() > MAX_SESSIONS) {
      found.add(all.sessions() + " sessions at the target");
    }
    if (residentKb(all) > MAX_RESIDENT_KB) {
      found.add(residentKb(all) + " kB resident");
    }
    if (!found.isEmpty()) {
      throw new AssertionError(found.toString());
    }
  }

  private void report(Installation all, Duration recovery, String outcome) throws IOException {
    out.printf(
        Locale.ROOT,
        "equal after %5d ms; %3d MB, %2d sessions, %,d transactions%s%n",
        recovery.toMillis(),
        residentKb(all) / 1024,
        all.sessions(),
        all.workload().committed(),
        outcome.isEmpty() ? "" : "; snapshot: " + outcome);
  }

  private static long residentKb(Installation all) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + all.service().pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
