package dev.creek.consumer.app.demo;

import dev.creek.consumer.app.ProcessSignals;
import dev.creek.consumer.testing.ComparedTable;
import dev.creek.consumer.testing.InvariantObserver;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./mvnw -q -Pdemo}: sets a stage of real servers, lets a shop trade on the source, shows
 * how the target follows, and at the end compares the two. Exit code 0 if they are equal, 1 if not
 * or if something failed, 2 for a wrong option, 130 if it was stopped before it began.
 */
public final class Demo {

  private static final Duration BETWEEN_SAMPLES = Duration.ofMillis(250);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
  private static final Duration PUBLISH_LIMIT = Duration.ofSeconds(60);

  /** How long the target may stand still before the tail counts as lost. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final DemoOptions options;
  private final Terminal terminal;
  private final Stop stop;

  private Demo(DemoOptions options, Terminal terminal, Stop stop) {
    this.options = options;
    this.terminal = terminal;
    this.stop = stop;
  }

  /** Ends the JVM, in which Maven may be: its exit code is ours. */
  public static void main(String[] arguments) {
    System.exit(run(Terminal.ofProcess()));
  }

  private static int run(Terminal terminal) {
    Stop stop = new Stop();
    new ProcessSignals().listen(signal -> stop.ask());
    try {
      return new Demo(DemoOptions.ofProperties(), terminal, stop).play();
    } catch (Stop.Asked e) {
      terminal.println("stopped before it began");
      return 130;
    } catch (IllegalArgumentException e) {
      terminal.println("demo: " + e.getMessage());
      return 2;
    } catch (RuntimeException e) {
      terminal.println("\ndemo: " + e.getMessage());
      return 1;
    }
  }

  private int play() {
    try (Stage stage = Stage.open(options, new Steps(terminal, stop))) {
      try {
        Playbill.print(terminal, stage);
        return perform(stage);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      } catch (RuntimeException e) {
        throw new IllegalStateException(
            "%s%n%nthe service's log ends with:%n%s"
                .formatted(e.getMessage(), stage.serviceLogTail()),
            e);
      }
    }
  }

  private int perform(Stage stage) throws InterruptedException {
    stage.awaitTogether();
    try (InvariantObserver totals =
        InvariantObserver.start(stage.target(), Shop.TOTALS, BETWEEN_LOOKS)) {
      return perform(stage, totals);
    }
  }

  private int perform(Stage stage, InvariantObserver totals) {
    Duration watched;
    long transactions;
    Sample.@Nullable Column column;
    try (Workload workload = Workload.start(stage.source(), options.rate());
        Observer observer = observer(stage, workload);
        Checks checks = new Checks(stage, workload, totals, observer::elapsed);
        View view = View.on(terminal)) {
      watch(stage, workload, observer, checks, view);
      watched = observer.elapsed();
      workload.close();
      transactions = workload.transactions();
      checks.close();
      checks.failure().ifPresent(Demo::fail);
      column = checks.column();
    }
    terminal.println(
        "\nload stopped after %s transactions in %s; waiting for the tail …"
            .formatted(View.count(transactions), View.clock(watched)));
    if (column != null) {
      terminal.println(NewColumn.described(column));
    }
    return conclude(stage, totals);
  }

  private Observer observer(Stage stage, Workload workload) {
    Subjects names = new Subjects(options.generation(), "CREEK");
    WalEnds ends = new WalEnds(stage.nats().uri(), names, stage.source().name());
    return new Observer(stage.source(), stage.target(), workload, ends);
  }

  private void watch(Stage stage, Workload workload, Observer observer, Checks checks, View view) {
    @Nullable Duration end = options.seconds();
    while (true) {
      view.show(observer.sample(checks.last(), checks.lastSnapshot(), checks.column()));
      stage.check();
      workload.failure().ifPresent(Demo::fail);
      checks.failure().ifPresent(Demo::fail);
      Duration left = end == null ? BETWEEN_SAMPLES : end.minus(observer.elapsed());
      if (left.isNegative() || left.isZero() || stop.await(shorter(left, BETWEEN_SAMPLES))) {
        return;
      }
    }
  }

  private static void fail(Exception cause) {
    throw new IllegalStateException(cause.getMessage(), cause);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private int conclude(Stage stage, InvariantObserver totals) {
    stage.producer().awaitCaughtUp(PUBLISH_LIMIT);
    List<ComparedTable> results = stage.comparison().awaitSettled(PATIENCE);
    boolean equal = TableComparison.allEqual(results);
    terminal.println("");
    results.forEach(result -> terminal.println("  " + result));
    stage.troubles().forEach(trouble -> terminal.println("  " + trouble));
    int exitCode = stage.stopService();
    terminal.println("");
    if (equal) {
      terminal.println(
          "equal: PostgreSQL %d and PostgreSQL %d hold the same rows in all tables"
              .formatted(options.source(), options.target()));
    } else {
      terminal.println("different; the service's log ends with:\n" + stage.serviceLogTail());
    }
    totals.close();
    InvariantObserver.Findings seen = totals.findings();
    boolean whole = seen.looks() > 0 && seen.broken() == 0;
    terminal.println("orders and their lines at the target, read meanwhile: " + seen);
    if (exitCode != 0) {
      terminal.println("the service ended with exit code " + exitCode);
    }
    return equal && whole && exitCode == 0 ? 0 : 1;
  }
}
