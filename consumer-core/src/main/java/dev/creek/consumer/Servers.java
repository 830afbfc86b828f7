package dev.creek.consumer;

import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/** The two servers of a consumer, each connected to when it is first needed. Thread-safe. */
final class Servers {
  private final PostgresTarget target;
  private final JetStreamLog nats;
  private final Mono<PostgresTarget> database;
  private final Mono<PostgresTarget> existing;
  private final Mono<JetStreamLog> broker;
  private final AtomicReference<Life> life = new AtomicReference<>(Life.OPEN);

  /** States of the servers: while they are being closed, ending work may need them once more. */
  private enum Life {
    OPEN,
    CLOSING,
    CLOSED
  }

  Servers(ConsumerOptions options) {
    this.target =
        PostgresTarget.connect(options.database(), options.self(), options.pipelines().grouping());
    this.nats = JetStreamLog.of(options.broker());
    // Only success is kept: a server that was away when it was first needed is tried again.
    this.database =
        unlessClosed(
            target
                .subscriptions()
                .migrate()
                .thenReturn(target)
                .cacheInvalidateIf(reached -> false));
    this.existing =
        unlessClosed(
            target.requireControlSchema().thenReturn(target).cacheInvalidateIf(reached -> false));
    this.broker = unlessClosed(nats.connected().cacheInvalidateIf(reached -> false));
  }

  private <T> Mono<T> unlessClosed(Mono<T> server) {
    return Mono.defer(() -> life.get() == Life.CLOSED ? Mono.error(closed()) : server);
  }

  static IllegalStateException closed() {
    return new IllegalStateException("this consumer has been closed: create another one");
  }

  boolean isOpen() {
    return life.get() == Life.OPEN;
  }

  /** The database, for work that changes something: its control schema is created if missing. */
  Mono<PostgresTarget> database() {
    return database;
  }

  /**
   * The database, for work that only reads: an error if it has no control schema.
   *
   * @param isCreated tells whether a run is about to create it
   */
  Mono<PostgresTarget> readable(BooleanSupplier isCreated) {
    return Mono.defer(() -> isCreated.getAsBoolean() ? database : existing);
  }

  /** The broker, once it is connected. */
  Mono<JetStreamLog> broker() {
    return broker;
  }

  /** The database as an object, connected or not. */
  PostgresTarget target() {
    return target;
  }

  /** Completes when the database has answered. */
  Mono<Void> checkDatabase() {
    return unlessClosed(target.check());
  }

  /** Completes when the threads of both connections have run a task. */
  Mono<Void> threadsResponsive() {
    return Mono.when(
        target.threadsResponsive(), isOpen() ? nats.threadsResponsive() : Mono.empty());
  }

  /**
   * Closes both connections.
   *
   * @param work ends what uses them
   * @return never errors
   */
  Mono<Void> close(Mono<Void> work) {
    return Mono.defer(
        () -> {
          life.set(Life.CLOSING);
          return work.onErrorComplete()
              .then(Mono.fromRunnable(() -> life.set(Life.CLOSED)))
              .then(nats.close().onErrorComplete())
              .then(target.close().onErrorComplete());
        });
  }
}
