package dev.creek.consumer.app.bench;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.testing.PostgresDatabase;

/** The service is started and has next to nothing to do: the time until the first row is there. */
record Start(Dataset dataset) implements Scenario {

  @Override
  public String name() {
    return "start";
  }

  @Override
  public String group() {
    return "start";
  }

  @Override
  public String title() {
    return dataset.title();
  }

  @Override
  public void run(Bench bench) {
    Input input = bench.inputs().open(dataset);
    try {
      bench.rounds(Creek.class::isInstance, creek -> start(bench, input, creek));
    } finally {
      bench.inputs().close(input);
    }
  }

  private void start(Bench bench, Input input, Contender creek) {
    PostgresDatabase target = bench.rig().target().createDatabase();
    target.execute(dataset.create());
    try (CreekConsumer control = Service.control(bench.rig(), target)) {
      Service.subscribe(control, dataset);
    }
    Service[] started = new Service[1];
    try {
      Measured run =
          new Watch(bench.rig(), target, dataset)
              .from(() -> started[0] = Service.start(bench.rig(), target), () -> started[0].check())
              .with(Metric.CONSUMER_CPU, started[0].cpuSeconds());
      Backlog.verify(input, creek, target);
      bench.add(this, creek.name(), started[0].end(run, 0));
    } finally {
      if (started[0] != null) {
        started[0].close();
      }
    }
    target.drop();
  }
}
