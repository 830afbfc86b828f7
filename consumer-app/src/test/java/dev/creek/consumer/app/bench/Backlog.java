package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableComparison;
import java.util.List;
import java.util.Map;

/** All that happened waits, and is applied in one go. */
record Backlog(String name, @Override String group, Dataset dataset) implements Scenario {
  /** The same amount of changes over more and more tables. */
  static final String SCALING = "tables-scaling";

  Backlog(String name, Dataset dataset) {
    this(name, "backlog", dataset);
  }

  /** Over so many tables. */
  static Backlog scaling(int tables, Datasets datasets) {
    return new Backlog(SCALING + "-" + tables, SCALING, datasets.over(tables));
  }

  @Override
  public String title() {
    return dataset.title();
  }

  @Override
  public boolean takesLong() {
    return group.equals(SCALING);
  }

  @Override
  public void run(Bench bench) {
    Input input = bench.inputs().open(dataset);
    try {
      bench.rounds(
          contender -> contender.takes(input),
          contender -> bench.apply(this, dataset, input, contender));
    } finally {
      bench.inputs().close(input);
    }
  }

  /** A fast wrong answer is a failure. */
  static void verify(Input input, Contender contender, PostgresDatabase target) {
    Map<String, String> found = Contents.of(target, input.dataset());
    if (found.equals(input.contents())) {
      return;
    }
    String differences =
        input.feed() == null
            ? found + " instead of " + input.contents()
            : comparison(input.dataset().tables(), input.feed().source(), target);
    throw new IllegalStateException(
        "%s applied %s wrongly: %s"
            .formatted(contender.name(), input.dataset().name(), differences));
  }

  private static String comparison(
      List<String> tables, PostgresDatabase source, PostgresDatabase target) {
    return TableComparison.of(source, target).tables(tables).run().toString();
  }
}
