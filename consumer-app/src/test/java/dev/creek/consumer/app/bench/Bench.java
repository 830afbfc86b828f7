package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * {@code ./mvnw -q -Pbench}: runs the scenarios and reports. Exit code 0 if every contender applied
 * everything rightly, 1 if not or if something failed, 2 for a wrong option.
 */
public final class Bench {
  private final Rig rig;
  private final Inputs inputs;
  private final List<Contender> contenders;
  private final Results results = new Results();
  private final PrintStream out;

  private Bench(Rig rig, PrintStream out) {
    this.rig = rig;
    this.inputs = new Inputs(rig);
    this.out = out;
    this.contenders = contenders(rig);
  }

  /** Ends the JVM, in which Maven may be: its exit code is ours. */
  @SuppressWarnings("SystemOut") // a program
  public static void main(String[] arguments) {
    try {
      System.exit(run(BenchOptions.ofProperties(), System.out));
    } catch (IllegalArgumentException e) {
      System.out.println("bench: " + e.getMessage());
      System.exit(2);
    }
  }

  static int run(BenchOptions options, PrintStream out) {
    List<Scenario> scenarios = Scenarios.chosen(options);
    long begin = System.nanoTime();
    try (Rig rig = new Rig(options)) {
      Bench bench = new Bench(rig, out);
      Map<String, String> machine = Machine.describe(rig);
      scenarios.forEach(bench::run);
      Report report = new Report(options, machine, scenarios, bench.results);
      report.print(out);
      out.println("\nreport: " + report.write(Duration.ofNanos(System.nanoTime() - begin)));
      return 0;
    } catch (IllegalStateException e) {
      out.println("\nbench: " + e.getMessage());
      return 1;
    }
  }

  private static List<Contender> contenders(Rig rig) {
    List<Contender> all =
        new ArrayList<>(List.of(new NativeReplication(rig), new Creek(rig), new PlainCopy(rig)));
    String other = rig.options().consumer();
    if (other != null) {
      all.add(new OtherConsumer(rig, "other", other));
    }
    String go = rig.options().go();
    if (go != null) {
      all.add(new OtherConsumer(rig, "go", go));
    }
    List<String> chosen = rig.options().contenders();
    all.removeIf(contender -> !chosen.isEmpty() && !chosen.contains(contender.name()));
    return all;
  }

  private void run(Scenario scenario) {
    out.println(scenario.name() + ": " + scenario.title());
    scenario.run(this);
  }

  Rig rig() {
    return rig;
  }

  Inputs inputs() {
    return inputs;
  }

  /** Lets those contenders run in turns; who is first changes from round to round. */
  void rounds(Predicate<Contender> takes, Consumer<Contender> run) {
    List<Contender> taking = contenders.stream().filter(takes).toList();
    for (int round = 0; round < rig.options().repeat(); round++) {
      for (int i = 0; i < taking.size(); i++) {
        run.accept(taking.get((i + round) % taking.size()));
      }
    }
  }

  /** One run on a fresh database. */
  void apply(Scenario scenario, Dataset dataset, Input input, Contender contender) {
    PostgresDatabase target = rig.target().createDatabase();
    target.execute(dataset.create());
    target.execute("checkpoint");
    Measured run = contender.apply(input, target);
    Backlog.verify(input, contender, target);
    target.drop();
    add(scenario, contender.name(), run);
  }

  /** Adds how a run went from moment to moment. */
  void add(Scenario scenario, String contender, Timeline timeline) {
    results.add(scenario.name(), contender, timeline);
  }

  void add(Scenario scenario, String contender, Measured run) {
    results.add(scenario.name(), contender, run);
    out.printf(Locale.ROOT, "  %-8s%s%n", contender, TextReport.line(run));
    out.flush();
  }
}
