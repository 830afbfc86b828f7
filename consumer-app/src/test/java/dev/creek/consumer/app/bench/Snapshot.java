package dev.creek.consumer.app.bench;

/** A snapshot that is published already, applied in a running service. */
record Snapshot(String name, Dataset dataset, Mode mode) implements Scenario {

  /** As the SQL functions call them. */
  enum Mode {
    CLEAN,
    UPSERT;

    String sql() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Override
  public String group() {
    return "snapshot";
  }

  @Override
  public String title() {
    return "%s, %s".formatted(dataset.title(), mode.sql());
  }

  @Override
  public void run(Bench bench) {
    Input input = bench.inputs().openSnapshot(dataset, mode);
    try {
      bench.rounds(
          contender -> contender.takes(input),
          contender -> bench.apply(this, dataset, input, contender));
    } finally {
      bench.inputs().close(input);
    }
  }
}
