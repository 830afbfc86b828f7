package dev.creek.consumer.app.chaos;

import dev.creek.consumer.testing.ComparedTable;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.workload.BackgroundWorkload;
import dev.creek.consumer.testing.workload.RandomWorkload;
import dev.creek.consumer.wire.Generation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * One fault after the other under a random workload, in a random order that the seed decides; after
 * each one the load pauses until source and target are equal, and what must hold is held against
 * them.
 */
final class ChaosRun {
  private static final int STEPS_PER_SECOND = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The service's own bounds: a pool of 10, the listener, the lock that says who is alive. */
  private static final int MOST_SESSIONS = 16;

  private static final long MOST_RESIDENT_KB = 500_000;

  private final Generation generation;
  private final long seed;
  private final Duration limit;
  private final PrintStream out;
  private final Recoveries recoveries = new Recoveries();

  ChaosRun(Generation generation, long seed, Duration limit, PrintStream out) {
    this.generation = generation;
    this.seed = seed;
    this.limit = limit;
    this.out = out;
  }

  /**
   * Runs until the time is over.
   *
   * @throws AssertionError where something does not hold, with what there is to know
   */
  void run() {
    out.printf("chaos: %s, seed %d, %s%n", generation, seed, limit);
    Random random = new Random(seed);
    try (Installation all =
        new Installation(generation, seed, RandomWorkload.Builder::onlyWithKey)) {
      all.startService();
      try (BackgroundWorkload load = BackgroundWorkload.start(all.workload(), STEPS_PER_SECOND)) {
        all.awaitProgress(1);
        long end = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < end) {
          List<Fault> faults = new ArrayList<>(Faults.all());
          Collections.shuffle(faults, random);
          for (Fault fault : faults) {
            if (System.nanoTime() < end) {
              round(all, load, fault, random);
            }
          }
        }
      }
      all.assertEqual();
      Faults.stop(all);
      out.print(recoveries.table());
      out.printf(Locale.ROOT, "equal after %,d transactions%n", all.workload().committed());
    }
  }

  private void round(Installation all, BackgroundWorkload load, Fault fault, Random random) {
    all.effects().clear();
    out.printf("%s %-45s ", LocalTime.now().truncatedTo(ChronoUnit.SECONDS), fault);
    out.flush();
    try {
      all.awaitProgress(1 + random.nextInt(200));
      fault.strike().on(all, random);
      long ended = System.nanoTime();
      try (BackgroundWorkload.Pause pause = load.pause()) {
        if (fault.effect() == Fault.Effect.GAP) {
          heal(all);
        }
        awaitEqual(all);
        check(all, fault);
        recoveries.add(fault, Duration.ofNanos(System.nanoTime() - ended));
        report(all, fault, Duration.ofNanos(System.nanoTime() - ended));
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

  /** All tables, as all read the one stream; first those that have seen it. */
  private static void heal(Installation all) {
    all.awaitPublished();
    all.awaitGap();
    for (String table : all.workload().tables()) {
      all.command("resync('%s')", Installation.mapping(table));
    }
    all.awaitThat(() -> all.gaps().isEmpty());
  }

  private static void awaitEqual(Installation all) {
    all.awaitPublished();
    List<ComparedTable> compared = all.comparison().awaitEqual(PATIENCE);
    if (!TableComparison.allEqual(compared)) {
      throw new AssertionError(
          compared.stream().filter(table -> !table.equal()).toList().toString());
    }
  }

  private void check(Installation all, Fault fault) throws IOException {
    List<String> found = new ArrayList<>();
    if (fault.effect() == Fault.Effect.NONE) {
      found.addAll(all.effects().repeated(all.workload().versionedTables()));
      found.addAll(all.setbacks());
    }
    if (all.sessions() > MOST_SESSIONS) {
      found.add(all.sessions() + " sessions at the target");
    }
    if (residentKb(all) > MOST_RESIDENT_KB) {
      found.add(residentKb(all) + " kB resident");
    }
    all.forgetSetbacks();
    if (!found.isEmpty()) {
      throw new AssertionError(found.toString());
    }
  }

  private void report(Installation all, Fault fault, Duration recovery) throws IOException {
    out.printf(
        Locale.ROOT,
        "equal after %5d ms; %3d MB, %2d sessions, %,d transactions%n",
        recovery.toMillis(),
        residentKb(all) / 1024,
        all.sessions(),
        all.workload().committed());
  }

  private static long residentKb(Installation all) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + all.service().pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
