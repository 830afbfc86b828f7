package dev.creek.consumer.testing;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import reactor.core.Disposable;

/**
 * The whole path of a change: for each test a fresh source, a fresh target, and a broker of its
 * own. Producers and consumers are added as the test asks for them; what else is published, a test
 * publishes itself ({@link #publisher}). Everything is stopped, closed and dropped after the test.
 *
 * <pre>{@code
 * @RegisterExtension static final WholePath path = WholePath.shared();
 *
 * private final PostgresDatabase source = path.source();
 * private final PostgresDatabase target = path.target();
 * private final CreekConsumer consumer = path.consumer();
 *
 * @Test
 * void followsATable() {
 *   source.execute("create table items (id int primary key)");
 *   TestProducer producer = path.produce(Generation.NEW);
 *   …
 *   path.run();
 * }
 * }</pre>
 *
 * <p>The field must be static: the databases exist before the test instance does, so that its
 * fields can hold them.
 */
public final class WholePath
    implements BeforeAllCallback,
        TestInstancePreConstructCallback,
        AfterEachCallback,
        AfterAllCallback {
  /** Lets generation NEW publish fast; by default it waits for each row, as the real one does. */
  private static final int IN_FLIGHT = 256;

  private final PostgresExtension postgres;
  private final List<TestProducer> producers = new ArrayList<>();
  private final List<WirePublisher> publishers = new ArrayList<>();
  private final List<CreekConsumer> consumers = new ArrayList<>();
  private final List<Disposable> runs = new ArrayList<>();
  private @Nullable PostgresDatabase source;
  private @Nullable PostgresDatabase target;
  private @Nullable NatsServer broker;

  private WholePath(PostgresExtension postgres) {
    this.postgres = postgres;
  }

  /** Both databases on the test run's server. */
  public static WholePath shared() {
    return new WholePath(PostgresExtension.shared());
  }

  /** Both databases on a server that the test class has for itself. */
  public static WholePath ownServer() {
    return new WholePath(PostgresExtension.own());
  }

  /** The same with a server of this version. */
  public static WholePath onVersion(int version) {
    return new WholePath(PostgresExtension.own(PostgresServer.builder().version(version)));
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    postgres.beforeAll(context);
  }

  @Override
  public void preConstructTestInstance(
      TestInstanceFactoryContext factory, ExtensionContext context) {
    postgres.beforeEach(context);
    target = postgres.freshDatabase();
    broker = NatsServer.builder().start();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    consumers.forEach(consumer -> consumer.stop(Patience.LIMIT).block(Patience.LIMIT));
    runs.forEach(Disposable::dispose);
    consumers.forEach(CreekConsumer::close);
    // All of a source share its slot, which cannot be dropped while one uses it.
    producers.forEach(TestProducer::stop);
    producers.forEach(TestProducer::dropSlot);
    publishers.forEach(WirePublisher::close);
    source = null;
    publishers.clear();
    runs.clear();
    consumers.clear();
    producers.clear();
    if (broker != null) {
      broker.close();
    }
    postgres.afterEach(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    postgres.afterAll(context);
  }

  /** The source, which is created when a test asks for it first. */
  public PostgresDatabase source() {
    PostgresDatabase known = source;
    if (known == null) {
      known = postgres.freshDatabase();
      source = known;
    }
    return known;
  }

  public PostgresDatabase target() {
    return Objects.requireNonNull(target, "only within a test");
  }

  public NatsServer broker() {
    return Objects.requireNonNull(broker, "only within a test");
  }

  /** The source's table of this name in {@code public}, to the same name there on the target. */
  public Mapping mapping(String table) {
    return mapping(table, "public." + table);
  }

  /** The same to another target table. */
  public Mapping mapping(String table, String targetTable) {
    return Mapping.parse("%s.public.%s:%s".formatted(source().name(), table, targetTable));
  }

  /** Starts a producer of the source. */
  public TestProducer produce(Generation generation, Defect... defects) {
    return produce(producing(generation).inFlight(IN_FLIGHT).defects(defects));
  }

  /** The same with other settings, made by {@link #producing}. */
  public TestProducer produce(TestProducer.Builder settings) {
    TestProducer producer = settings.build();
    producers.add(producer);
    return producer.start();
  }

  /** A producer of the source that does not run yet. */
  public TestProducer.Builder producing(Generation generation) {
    return TestProducer.builder()
        .source(source().uri())
        .slot(source().name())
        .nats(broker().uri())
        .generation(generation);
  }

  /**
   * Publishes, instead of a producer, what the test says, as changes of a database {@code source}.
   */
  public WirePublisher publisher(Generation generation) {
    WirePublisher publisher = WirePublisher.of(broker(), generation, "source");
    publishers.add(publisher);
    return publisher;
  }

  /** From the broker to the target, with the defaults. */
  public ConsumerOptions.Builder options() {
    return options(DatabaseOptions.of(target().patientUri()));
  }

  /** The same with other settings of the target. */
  public ConsumerOptions.Builder options(DatabaseOptions database) {
    return ConsumerOptions.builder(BrokerOptions.builder(broker().uri()).build(), database);
  }

  /** The consumer that was made last; one with the defaults, if there is none. */
  public CreekConsumer consumer() {
    return consumers.isEmpty() ? consumer(options()) : consumers.get(consumers.size() - 1);
  }

  /** Makes another consumer. */
  public CreekConsumer consumer(ConsumerOptions.Builder options) {
    CreekConsumer consumer = CreekConsumer.create(options.build());
    consumers.add(consumer);
    return consumer;
  }

  /** Lets {@link #consumer()} apply changes until the test ends. */
  public void run() {
    run(event -> {});
  }

  /**
   * The same.
   *
   * @param listener hears of all events
   */
  public void run(Consumer<TableEvent> listener) {
    runs.add(consumer().run().subscribe(listener));
  }

  /** Lets {@link #consumer()} apply changes until these statements have ended. */
  public void running(ThrowingRunnable statements) throws Throwable {
    CreekConsumer consumer = consumer();
    Disposable run = consumer.run().subscribe();
    try {
      statements.run();
    } finally {
      consumer.stop(Patience.LIMIT).block(Patience.LIMIT);
      run.dispose();
    }
  }

  /** Variables for the packaged service, from the broker to the target. */
  public Map<String, String> environment() {
    return Map.of(
        "NATS_URI", broker().uri(), "DB_URI", target().patientUri(), "PROMETHEUS_PORT", "off");
  }
}
