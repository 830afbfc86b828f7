package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.text.ErrorWords;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How a {@link CreekConsumer}, its servers and its neighbours are. Thread-safe; nothing happens
 * before a returned publisher is subscribed to.
 */
public final class Health {
  private final Servers servers;
  private final Runs runs;
  private final Mono<PostgresTarget> readable;

  Health(Servers servers, Runs runs) {
    this.servers = servers;
    this.runs = runs;
    this.readable = servers.readable(runs::isRunning);
  }

  /**
   * Asks the target database, and looks at the connection to the broker, which is made where nobody
   * has needed it yet.
   *
   * @param limit how long each of them may take
   * @return never errors
   */
  public Mono<Reachability> reachability(Duration limit) {
    return Mono.zip(
        trouble(servers.broker().flatMap(Health::requireConnected), "NATS", limit),
        trouble(servers.checkDatabase(), "the target database", limit),
        (broken, refusing) -> new Reachability(broken.orElse(null), refusing.orElse(null)));
  }

  private static Mono<Void> requireConnected(JetStreamLog log) {
    return log.isConnected()
        ? Mono.empty()
        : Mono.error(new BrokerException.Unavailable("not connected to NATS"));
  }

  private static Mono<Optional<String>> trouble(Mono<Void> look, String server, Duration limit) {
    return look.then(Mono.just(Optional.<String>empty()))
        .timeout(limit)
        .onErrorResume(e -> Mono.just(Optional.of(words(e, server, limit))));
  }

  private static String words(Throwable error, String server, Duration limit) {
    return error instanceof TimeoutException
        ? "no answer from " + server + " within " + limit.toMillis() + " ms"
        : ErrorWords.described(error);
  }

  /** How the pool of connections to the target database is used now. */
  public PoolUse pool() {
    return servers.target().poolUse();
  }

  /**
   * Completes when every thread that the work is done on has taken up a task. Where one is blocked
   * this never completes, and the process makes no progress.
   */
  public Mono<Void> threadsResponsive() {
    return Mono.when(servers.threadsResponsive(), runs.threadsResponsive());
  }

  /**
   * The processes that are at work on the target database, in the order in which they came: running
   * consumers, which share the tables, and commands that take a snapshot. Also those that are
   * {@link Instance#isLate late}: slow, or stopped.
   */
  public Flux<Instance> instances() {
    return readable.flatMapMany(db -> db.replicas().instances());
  }

  /**
   * Tells whether a running consumer may be at work on the target database: one of {@link
   * #instances}, or one that has lost its connection within the last 10 s and may come back. False
   * means that none is connected.
   */
  public Mono<Boolean> mayBeServed() {
    return readable.flatMap(db -> db.replicas().mayServe());
  }
}
