package dev.creek.consumer.machine;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.SchemaPolicy;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** The service: the library as a program embeds it. */
final class Service {
  private static final Duration GRACE = Duration.ofSeconds(20);

  /** Most of a snapshot's life is waiting for a producer that is down. */
  private static final Duration STALL = Duration.ofSeconds(5);

  /**
   * Longer than a busy machine keeps a producer from its next message, so that a table that stops
   * within a source transaction is a fault of the service and not of the clock.
   */
  private static final Duration LINGER = Duration.ofMillis(150);

  private final ConsumerOptions options;
  private @Nullable CreekConsumer consumer;
  private @Nullable Disposable running;
  private volatile @Nullable Throwable failure;

  Service(
      String natsUri,
      String namespace,
      String databaseUri,
      Grouping grouping,
      SchemaPolicy schemaChanges) {
    options =
        ConsumerOptions.builder(
                BrokerOptions.builder(natsUri)
                    .namespace(namespace)
                    .pull(Duration.ofMillis(500), Duration.ofSeconds(10))
                    .frontierInterval(Duration.ofMillis(500))
                    .build(),
                DatabaseOptions.builder(databaseUri, Map.of())
                    .wakeInterval(Duration.ofSeconds(1))
                    .schemaChanges(schemaChanges)
                    .poolSize(4)
                    .build())
            .snapshotStall(STALL)
            .linger(LINGER)
            .grouping(grouping)
            .build();
  }

  /** Makes the control schema where it is missing. */
  void initialize() {
    try (CreekConsumer administrator = CreekConsumer.create(options)) {
      administrator.initialize().block(GRACE);
    }
  }

  boolean isRunning() {
    return consumer != null;
  }

  void start() {
    if (consumer == null) {
      consumer = CreekConsumer.create(options);
      running = consumer.run().subscribe(event -> {}, error -> failure = error);
    }
  }

  /** In order: what is being written is committed. */
  void stop() {
    if (consumer != null) {
      consumer.stop(GRACE).block(GRACE.plusSeconds(10));
      crash();
    }
  }

  /** What is being written is rolled back. */
  void crash() {
    if (consumer != null && running != null) {
      running.dispose();
      consumer.close();
      consumer = null;
    }
  }

  CreekConsumer consumer() {
    if (consumer == null) {
      throw new IllegalStateException("it does not run");
    }
    return consumer;
  }

  /** What ended it by itself, which nothing should. */
  @Nullable Throwable failure() {
    return failure;
  }
}
