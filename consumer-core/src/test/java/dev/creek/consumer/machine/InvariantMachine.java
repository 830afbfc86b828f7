package dev.creek.consumer.machine;

import dev.creek.consumer.api.Generation;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Runs case after case, until its time is over. {@code ./mvnw -q -Pmachine -Dmachine.minutes=60}
 * runs it for as long; it prints each violation as it is found, and how tables ended.
 */
public final class InvariantMachine {
  private static final int SEEDS = 1_000_000_000;

  private static final boolean VERBOSE = Boolean.getBoolean("machine.verbose");

  private final MachineOptions options;
  private final PrintStream out;
  private final Tally tally = new Tally();
  private final AtomicInteger next = new AtomicInteger();
  private final long firstSeed;
  private final long deadline;
  private final List<String> violations = new ArrayList<>();

  InvariantMachine(MachineOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.firstSeed =
        options.seed() != null ? options.seed() : System.nanoTime() % SEEDS * 1000 % SEEDS;
    this.deadline = System.nanoTime() + options.time().toNanos();
  }

  /** Ends with an error where a table ended as none may. */
  public static void main(String[] arguments) {
    MachineOptions options = MachineOptions.ofProperties(Duration.ofMinutes(10));
    List<String> violations = new InvariantMachine(options, System.out).run();
    if (!violations.isEmpty()) {
      throw new IllegalStateException(violations.size() + " cases ended in a third way");
    }
  }

  /**
   * Runs until the time is over, or all cases are through.
   *
   * @return what must not be, one text for each case
   */
  List<String> run() {
    say(
        "the machine begins at seed %d, by %s, without %s"
            .formatted(firstSeed, options.grouping(), options.excluded()));
    try (Servers servers = new Servers(options.grouping())) {
      ExecutorService workers = Executors.newFixedThreadPool(options.atOnce());
      try {
        List<Future<?>> working = new ArrayList<>();
        for (int i = 0; i < options.atOnce(); i++) {
          working.add(workers.submit(() -> work(servers)));
        }
        for (Future<?> worker : working) {
          worker.get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      } catch (java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      } finally {
        workers.shutdownNow();
      }
    }
    say(tally.toString());
    return violations;
  }

  private void work(Servers servers) {
    while (System.nanoTime() < deadline) {
      int number = next.getAndIncrement();
      if (number / options.generations().size() >= options.cases()) {
        return;
      }
      Generation generation = options.generations().get(number % options.generations().size());
      long seed = firstSeed + number / options.generations().size();
      try {
        attempt(servers, seed, generation);
      } catch (Throwable e) {
        note("seed " + seed + " " + generation + ": " + e, e);
      }
    }
  }

  private void attempt(Servers servers, long seed, Generation generation) {
    CasePlan whole = CasePlanner.plan(seed, generation, options.excluded());
    Set<Integer> kept = options.kept();
    CasePlan plan = kept == null ? whole : whole.only(kept::contains);
    long began = System.nanoTime();
    Trial trial = Trial.of(servers, plan);
    if (VERBOSE) {
      long millis = (System.nanoTime() - began) / 1_000_000;
      say("seed %d %s: %d ms%n%s".formatted(seed, generation, millis, trial));
    }
    tally.add(plan, trial);
    if (trial.isViolation()) {
      CasePlan smallest = plan;
      Trial last = trial;
      if (options.shrinks()) {
        Shrinker shrinker = new Shrinker(servers, plan, trial);
        shrinker.shrink();
        smallest = shrinker.smallest();
        last = shrinker.trial();
      }
      note(report(whole, smallest, trial, last), null);
    }
  }

  private String report(CasePlan whole, CasePlan smallest, Trial first, Trial last) {
    String acts = smallest.numbers().stream().map(String::valueOf).collect(Collectors.joining(","));
    String command =
        "./mvnw -q -Pmachine -Dmachine.seed=%d -Dmachine.generation=%s -Dmachine.grouping=%s%s"
            .formatted(
                whole.seed(),
                whole.generation().name().toLowerCase(java.util.Locale.ROOT),
                options.grouping().stored(),
                options.excluded().isEmpty()
                    ? ""
                    : " -Dmachine.without="
                        + options.excluded().stream()
                            .map(Enum::name)
                            .collect(Collectors.joining(",")));
    return """
        VIOLATION seed %d, generation %s
          again: %s
          smallest: the same with -Dmachine.acts=%s
        %s
        %s
        %s"""
        .formatted(
            whole.seed(),
            whole.generation(),
            command,
            acts,
            smallest,
            last.toString().indent(2),
            first.equals(last) ? "" : "  at first: " + first);
  }

  private void note(String violation, @org.jspecify.annotations.Nullable Throwable cause) {
    synchronized (violations) {
      violations.add(violation);
    }
    say(violation);
    if (cause != null) {
      cause.printStackTrace(out);
    }
  }

  private void say(String text) {
    synchronized (out) {
      out.println(text);
      out.flush();
    }
  }
}
