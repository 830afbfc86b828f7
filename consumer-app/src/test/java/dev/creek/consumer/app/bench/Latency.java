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
 */
record Latency(int rate, int tables) implements Scenario {
  Latency(int rate) {
    this(rate, 1);
  }

  /** Over so many tables. */
  static Latency spread(int rate, int tables) {
    return new Latency(rate, tables);
  }

  /** A connection waits for its commit to be flushed: one cannot do a thousand in a second. */
  private static final int RATE_OF_A_WRITER = 250;

  /** Of the time that is measured, and before it. */
  private static final double WARM_UP = 0.5;

  private static final Duration TAIL_LIMIT = Duration.ofSeconds(60);
  private static final AtomicInteger RUNS = new AtomicInteger();

  @Override
  public String name() {
    return (tables == 1 ? "latency-" : "spread-") + rate;
  }

  @Override
  public String group() {
    return "latency";
  }

  @Override
  public String title() {
    return "%d transactions a second%s, from commit to visible"
        .formatted(rate, tables == 1 ? "" : " over %d tables".formatted(tables));
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
      Measured run = watch(bench, lanes, source, target);
      bench.add(this, follower.name(), following.end(before.untilNow(bench.rig().times(), run)));
    }
    source.drop();
    target.drop();
  }

  private Measured watch(
      Bench bench, Lanes lanes, PostgresDatabase source, PostgresDatabase target) {
    double seconds = bench.rig().options().seconds();
    int writers = lanes.writers();
    int each = (int) Math.round((WARM_UP + 1) * seconds * rate / writers);
    try (Sightings sightings = Sightings.start(target, lanes, each);
        Ticker ticker = Ticker.start(source, lanes, each, (double) rate / writers)) {
      ticker.await();
      long[][] seen = sightings.await(TAIL_LIMIT);
      double[] millis =
          ticker.commits().entrySet().stream()
              .filter(tick -> tick.getKey().id() > WARM_UP * seconds * rate / writers)
              .filter(tick -> lanes.isWatched(tick.getKey().id()))
              .mapToDouble(
                  tick ->
                      (seen[tick.getKey().writer()][tick.getKey().id()] - tick.getValue()) / 1e3)
              .sorted()
              .toArray();
      return percentiles(millis);
    }
  }

  static Measured percentiles(double[] sorted) {
    return Measured.NOTHING
        .with(Metric.P50_MILLIS, Spread.percentile(sorted, 0.5))
        .with(Metric.P90_MILLIS, Spread.percentile(sorted, 0.9))
        .with(Metric.P99_MILLIS, Spread.percentile(sorted, 0.99))
        .with(Metric.MAX_MILLIS, Arrays.stream(sorted).max().orElse(Double.NaN));
  }
}
