package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One-row transactions at a steady rate: the time from each one's commit at the source, by the
 * source's own commit timestamp, until whoever asks the target sees it.
 *
 * @param rate transactions a second
 * @param tables over which they are spread
 * @param warmUp seconds before anything is measured
 * @param seconds that are measured
 */
record Latency(
    String name, @Override String group, int rate, int tables, double warmUp, double seconds)
    implements Scenario {
  private static final String STEADY = "steady";

  /** A connection waits for its commit to be flushed: one cannot do a thousand in a second. */
  private static final int RATE_OF_A_WRITER = 250;

  private static final Duration TAIL_LIMIT = Duration.ofSeconds(60);
  private static final AtomicInteger RUNS = new AtomicInteger();

  /** Into one table. */
  static Latency of(int rate, BenchOptions options) {
    return new Latency(
        "latency-" + rate, "latency", rate, 1, options.warmUpSeconds(), options.seconds());
  }

  /** Over so many tables. */
  static Latency spread(int rate, int tables, BenchOptions options) {
    return new Latency(
        "spread-" + rate, "latency", rate, tables, options.warmUpSeconds(), options.seconds());
  }

  /** Into one table, for minutes: how it goes on is measured as well. */
  static Latency steady(int rate, BenchOptions options) {
    return new Latency(
        "steady-" + rate, STEADY, rate, 1, options.warmUpSeconds(), options.steady());
  }

  @Override
  public boolean takesLong() {
    return group.equals(STEADY);
  }

  @Override
  public String title() {
    return "%d transactions a second%s, from commit to visible%s"
        .formatted(
            rate,
            tables == 1 ? "" : " over %d tables".formatted(tables),
            takesLong() ? ", for minutes" : "");
  }

  @Override
  public void run(Bench bench) {
    bench.rounds(
        contender -> contender instanceof Follower,
        contender -> follow(bench, (Follower) contender));
  }

  private void follow(Bench bench, Follower follower) {
    Lanes lanes = new Lanes(tables, Math.max(1, rate / RATE_OF_A_WRITER));
    Dataset ticks =
        new Dataset(
            "latency_" + RUNS.incrementAndGet(),
            title(),
            Dataset.alike(
                lanes.names(),
                "writer int, id int, note text, at timestamptz default now(), primary key (writer, id)"),
            List.of(),
            List.of(),
            0);
    PostgresDatabase source = bench.rig().source().createDatabase(ticks.name());
    PostgresDatabase target = bench.rig().target().createDatabase();
    source.execute(ticks.create());
    source.execute("create publication %s for all tables".formatted(Feed.PUBLICATION));
    target.execute(ticks.create());
    try (Follower.Following following = follower.follow(source, target, ticks)) {
      ServerTimes before = bench.rig().times();
      List<Timeline.Sighting> rows = watch(lanes, source, target);
      Measured run = percentiles(rows).with(Metric.CHANGES, each(lanes) * (double) lanes.writers());
      bench.add(this, follower.name(), following.end(before.untilNow(bench.rig().times(), run)));
      if (takesLong()) {
        bench.add(this, follower.name(), Timeline.of(rows));
      }
    }
    source.drop();
    target.drop();
  }

  /** Rows of a writer. */
  private int each(Lanes lanes) {
    return (int) Math.max(1, Math.round((warmUp + seconds) * rate / lanes.writers()));
  }

  private List<Timeline.Sighting> watch(
      Lanes lanes, PostgresDatabase source, PostgresDatabase target) {
    int writers = lanes.writers();
    int each = each(lanes);
    try (Sightings sightings = Sightings.start(target, lanes, each);
        Ticker ticker = Ticker.start(source, lanes, each, (double) rate / writers)) {
      ticker.await();
      long[][] seen = sightings.await(TAIL_LIMIT);
      return ticker.commits().entrySet().stream()
          .filter(tick -> tick.getKey().id() > warmUp * rate / writers)
          .filter(tick -> lanes.isWatched(tick.getKey().id()))
          .map(
              tick ->
                  new Timeline.Sighting(
                      tick.getValue(), seen[tick.getKey().writer()][tick.getKey().id()]))
          .toList();
    }
  }

  private static Measured percentiles(List<Timeline.Sighting> rows) {
    return percentiles(rows.stream().mapToDouble(Timeline.Sighting::millis).sorted().toArray());
  }

  static Measured percentiles(double[] sorted) {
    return Measured.NOTHING
        .with(Metric.P50_MILLIS, Spread.percentile(sorted, 0.5))
        .with(Metric.P90_MILLIS, Spread.percentile(sorted, 0.9))
        .with(Metric.P99_MILLIS, Spread.percentile(sorted, 0.99))
        .with(Metric.P999_MILLIS, Spread.percentile(sorted, 0.999))
        .with(Metric.MAX_MILLIS, Arrays.stream(sorted).max().orElse(Double.NaN));
  }
}
