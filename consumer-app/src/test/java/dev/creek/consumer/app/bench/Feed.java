package dev.creek.consumer.app.bench;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.producer.Drop;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A source on which a dataset has happened, once: the producer has published all of it, and a slot
 * of PostgreSQL's own still stands before it, to be copied for each run of native replication.
 */
final class Feed implements AutoCloseable {
  static final String PUBLICATION = "bench";

  private static final Duration PUBLISH_LIMIT = Duration.ofMinutes(10);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
  private static final long POLL_NANOS = 20_000_000;
  private static final AtomicInteger COPIES = new AtomicInteger();

  private final PostgresDatabase source;
  private final Dataset dataset;

  /** Null where it is changes that were published. */
  private @Nullable String topic;

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

  /** Creates the database, fills it, and takes a snapshot of its one table. */
  static Feed ofSnapshot(Rig rig, Dataset dataset) {
    PostgresDatabase source = rig.source().createDatabase(dataset.name());
    source.execute(dataset.create());
    source.execute(dataset.happen());
    source.execute("create publication %s for all tables".formatted(PUBLICATION));
    Feed feed = new Feed(source, dataset);
    feed.topic = feed.takeSnapshot(rig);
    return feed;
  }

  private String takeSnapshot(Rig rig) {
    SourceTable table = new SourceTable(source.name(), "public", dataset.tables().get(0));
    BrokerOptions options = BrokerOptions.builder(rig.nats().uri()).build();
    try (TestProducer producer = producer(rig, source).start()) {
      JetStreamLog log = JetStreamLog.connect(options).block();
      String name = log.requestSnapshot(table, ANSWER_LIMIT).block();
      log.close().block();
      long deadline = System.nanoTime() + PUBLISH_LIMIT.toNanos();
      while (producer.runningSnapshots() > 0) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the snapshot took longer than " + PUBLISH_LIMIT);
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
      producer.dropSlot();
      return Objects.requireNonNull(name, "the producer answered no request for a snapshot");
    }
  }

  /** The name of the snapshot. */
  String topic() {
    return Objects.requireNonNull(topic);
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

  /** A new slot: one that stands where the dataset begins, or that stands here for a snapshot. */
  String newSlot() {
    String name = "run_" + COPIES.incrementAndGet();
    source.execute(
        topic == null
            ? "select pg_copy_logical_replication_slot('%s', '%s')".formatted(slot(), name)
            : "select pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(name));
    return name;
  }

  @Override
  public void close() {
    if (topic == null) {
      source.execute("select pg_drop_replication_slot('%s')".formatted(slot()));
    }
    source.drop();
  }
}
