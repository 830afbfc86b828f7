package dev.creek.consumer.app.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.producer.TestProducer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that runs: two PostgreSQL servers, nats-server, the producer and the packaged service.
 * Closing it ends what was started, in the other order.
 */
final class Stage implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Stage.class);

  private static final String SOURCE_DATABASE = "shop";
  private static final String TARGET_DATABASE = "copy";
  private static final int PRODUCER_IN_FLIGHT = 256;
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
  private static final Duration PUBLISH_LIMIT = Duration.ofSeconds(60);

  /** The service promises ten; a busy machine may need more to say so. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  private static final Duration AWAIT_LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * Everything shares one machine: the producer may pause within a transaction, and no reader is to
   * see that. In a shop as busy as this one it delays nothing.
   */
  private static final String LINGER = "1s";

  private static final Pattern METRICS = Pattern.compile("http://\\S+/metrics");

  private final Deque<AutoCloseable> running;
  private final PostgresDatabase source;
  private final PostgresDatabase target;
  private final NatsServer nats;
  private final TestProducer producer;
  private final ServiceProcess service;

  private Stage(DemoOptions options, Steps steps, Deque<AutoCloseable> running) {
    this.running = running;
    this.source =
        steps
            .step(
                "starting PostgreSQL %d, the source".formatted(options.source()),
                () -> keep(PostgresServer.builder().version(options.source()).start()))
            .createDatabase(SOURCE_DATABASE);
    this.nats = steps.step("starting nats-server", () -> keep(NatsServer.builder().start()));
    this.target =
        steps
            .step(
                "starting PostgreSQL %d, the target".formatted(options.target()),
                () -> keep(target(options.target())))
            .createDatabase(TARGET_DATABASE);
    this.service = steps.step("starting the service", () -> keep(serve()));
    steps.step("building the shop", () -> Shop.build(source));
    this.producer = steps.step("starting the producer", () -> keep(produce(options.generation())));
    steps.step("putting in products, customers and orders", this::furnish);
    steps.step("creating the target's tables (create-schemas)", () -> command("create-schemas"));
    steps.step("adding foreign keys to them", () -> Shop.tie(target));
    steps.step("subscribing to the source's (add-tables)", () -> command("add-tables"));
  }

  /** Starts everything, up to the first rows at the target; if that fails, ends it all again. */
  static Stage open(DemoOptions options, Steps steps) {
    Deque<AutoCloseable> running = new ArrayDeque<>();
    try {
      return new Stage(options, steps, running);
    } catch (RuntimeException e) {
      end(running);
      throw e;
    }
  }

  private static PostgresServer target(int version) {
    return PostgresServer.builder()
        .version(version)
        // Tells when a row was committed, and so how late it came.
        .setting("track_commit_timestamp", "on")
        .start();
  }

  private ServiceProcess serve() {
    return configured(
            ServiceProcess.of(
                "serve",
                "--grouping",
                "database",
                "--linger",
                LINGER,
                "--schema-changes",
                "add",
                "--prometheus-port",
                "0"))
        .jvmOptions("-Xmx256m")
        .start();
  }

  private TestProducer produce(Generation generation) {
    return TestProducer.builder()
        .source(source.jdbcUrl())
        .tables(Shop.TABLES.stream().map(Shop::qualified).toArray(String[]::new))
        .nats(nats.uri())
        .generation(generation)
        // Else NEW publishes one row a round trip, as the real one does, and bursts would crawl.
        .inFlight(PRODUCER_IN_FLIGHT)
        .start();
  }

  /** The producer publishes a table's schema with its first change. */
  private void furnish() {
    Shop.furnish(source);
    producer.awaitCaughtUp(PUBLISH_LIMIT);
  }

  private void command(String verb) {
    String[] arguments = new String[1 + Shop.TABLES.size()];
    arguments[0] = verb;
    for (int i = 0; i < Shop.TABLES.size(); i++) {
      arguments[i + 1] = mapping(Shop.TABLES.get(i));
    }
    configured(ServiceProcess.of(arguments))
        // It is over before better code would pay off.
        .jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
        .run(COMMAND_LIMIT)
        .orThrow();
  }

  static String mapping(String table) {
    return "%1$s.%2$s:%2$s".formatted(SOURCE_DATABASE, Shop.qualified(table));
  }

  private ServiceProcess.Builder configured(ServiceProcess.Builder builder) {
    return builder.environment("NATS_URI", nats.uri()).environment("DB_URI", target.uri());
  }

  private <T extends AutoCloseable> T keep(T started) {
    running.push(started);
    return started;
  }

  PostgresDatabase source() {
    return source;
  }

  PostgresDatabase target() {
    return target;
  }

  NatsServer nats() {
    return nats;
  }

  TestProducer producer() {
    return producer;
  }

  /** The service's metrics page, once it has one. */
  Optional<String> metricsUri() {
    Matcher matcher = METRICS.matcher(service.log());
    return matcher.find() ? Optional.of(matcher.group()) : Optional.empty();
  }

  long servicePid() {
    return service.pid();
  }

  /** A comparison of all the shop's tables. */
  TableComparison comparison() {
    List<String> names = Shop.TABLES.stream().map(Shop::qualified).toList();
    return TableComparison.of(source, target).tables(names);
  }

  /**
   * Throws if the producer or the service has ended, with what there is to know.
   *
   * @throws IllegalStateException with the log's tail
   */
  void check() {
    producer
        .failure()
        .ifPresent(
            cause -> {
              throw new IllegalStateException("the producer failed: " + cause, cause);
            });
    if (!service.isAlive()) {
      throw new IllegalStateException("the service has ended by itself");
    }
  }

  /** What the service says of tables that it cannot go on with. */
  List<String> troubles() {
    return target
        .query(
            """
            select concat_ws(': ', target, state, reason, hint)
            from _creek_consumer.subscriptions where reason is not null""")
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  /** Waits until all tables are applied together, and none is ahead of another any more. */
  void awaitTogether() throws InterruptedException {
    await("the tables do not come together", () -> Shop.TABLES.stream().allMatch(this::isMember));
  }

  /**
   * Waits until something holds.
   *
   * @throws IllegalStateException with {@code otherwise} if it does not for too long
   */
  static void await(String otherwise, BooleanSupplier holds) throws InterruptedException {
    long deadline = System.nanoTime() + AWAIT_LIMIT.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(otherwise);
      }
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    }
  }

  /** As the service has it now: what is stored may be some seconds old. */
  private boolean isMember(String table) {
    String page = metricsUri().map(Stage::page).orElse("");
    return page.lines()
        .anyMatch(
            line ->
                line.startsWith("creek_consumer_group_member{")
                    && line.contains("\"" + Shop.qualified(table) + "\"")
                    && line.matches(".* 1(\\.0)?"));
  }

  private static String page(String uri) {
    try (InputStream page = URI.create(uri).toURL().openStream()) {
      return new String(page.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the service as a service manager does; returns its exit code. */
  int stopService() {
    return service.terminate(STOP_LIMIT);
  }

  /** The last lines of the service's log. */
  String serviceLogTail() {
    return service.logTail();
  }

  @Override
  public void close() {
    end(running);
  }

  /** What cannot be ended in order is left to the watchdog, and does not keep the rest from it. */
  private static void end(Deque<AutoCloseable> running) {
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        log.warn("could not be ended in order", e);
      }
    }
  }
}
