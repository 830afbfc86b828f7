package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.producer.TestProducer;

/** This project's service, running and idle before it is told to begin. */
final class Creek implements Contender, Follower {
  static final String NAME = "creek";

  private final Rig rig;

  Creek(Rig rig) {
    this.rig = rig;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean takes(Input input) {
    return true;
  }

  @Override
  public Measured apply(Input input, PostgresDatabase target) {
    Dataset dataset = input.dataset();
    try (Service service = Service.start(rig, target).awaitIdle()) {
      double before = service.cpuSeconds();
      Measured run =
          new Watch(rig, target, dataset).from(() -> begin(service, input), service::check);
      return service.end(
          run.with(Metric.CONSUMER_CPU, service.cpuSeconds() - before), dataset.changes());
    }
  }

  private static void begin(Service service, Input input) {
    if (input.snapshot() == null) {
      service.subscribe(input.dataset());
    } else {
      service.applySnapshot(input.dataset(), input.snapshot());
    }
  }

  @Override
  public Following follow(PostgresDatabase source, PostgresDatabase target, Dataset dataset) {
    TestProducer producer = Feed.producer(rig, source).start();
    Service service = Service.start(rig, target).awaitIdle();
    service.subscribe(dataset);
    return new Path(producer, service, service.cpuSeconds());
  }

  /** From a source through the broker to the target. */
  private record Path(TestProducer producer, Service service, double cpuBefore)
      implements Following {

    @Override
    public Measured end(Measured run) {
      return service.end(run.with(Metric.CONSUMER_CPU, service.cpuSeconds() - cpuBefore), 0);
    }

    @Override
    public void close() {
      service.close();
      producer.dropSlot();
    }
  }
}
