package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.producer.Drop;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.wire.Generation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A source on which a dataset has happened, once: the producer has published all of it, and a slot
 * of PostgreSQL's own still stands before it, to be copied for each run of native replication.
 */
final class Feed implements AutoCloseable {
  static final String PUBLICATION = "bench";

  private static final Duration PUBLISH_LIMIT = Duration.ofMinutes(10);
  private static final AtomicInteger COPIES = new AtomicInteger();

  private final PostgresDatabase source;
  private final Dataset dataset;

  private Feed(PostgresDatabase source, Dataset dataset) {
    this.source = source;
    this.dataset = dataset;
  }

  /** Creates the database, lets the dataset happen and waits until JetStream has all of it. */
  static Feed of(Rig rig, Dataset dataset) {
    PostgresDatabase source = rig.source().createDatabase(dataset.name());
    source.execute(dataset.create());
    Feed feed = new Feed(source, dataset);
    source.execute(
        "create publication %s for all tables".formatted(PUBLICATION),
        "select pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(feed.slot()));
    feed.publish(rig);
    return feed;
  }

  private void publish(Rig rig) {
    try (TestProducer producer = producer(rig, source).start()) {
      source.execute(dataset.happen());
      producer.awaitCaughtUp(PUBLISH_LIMIT);
      List<Drop> drops = producer.drops();
      if (!drops.isEmpty()) {
        throw new IllegalStateException("the producer dropped " + drops.get(0));
      }
      producer.dropSlot();
    }
  }

  /** A producer as this benchmark has it; real ones differ in what they lose. */
  static TestProducer.Builder producer(Rig rig, PostgresDatabase source) {
    Generation generation = rig.options().generation();
    TestProducer.Builder builder =
        TestProducer.builder()
            .source(source.jdbcUrl())
            .slot("creek_" + source.name())
            .nats(rig.nats().uri())
            .generation(generation);
    // Else NEW publishes one row a round trip, and making the input would take most of the time.
    return generation == Generation.NEW ? builder.inFlight(1024) : builder;
  }

  PostgresDatabase source() {
    return source;
  }

  private String slot() {
    return "before_" + dataset.name();
  }

  /** A new slot that stands where the dataset begins; its name. */
  String copySlot() {
    String copy = "run_" + COPIES.incrementAndGet();
    source.execute("select pg_copy_logical_replication_slot('%s', '%s')".formatted(slot(), copy));
    return copy;
  }

  @Override
  public void close() {
    source.execute("select pg_drop_replication_slot('%s')".formatted(slot()));
    source.drop();
  }
}
