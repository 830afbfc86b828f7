package dev.creek.consumer.app.http;

import dev.creek.consumer.Reachability;
import dev.creek.consumer.metrics.Backlog;
import dev.creek.consumer.postgres.PoolUse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** A service that is as well as a test says. */
final class FakeService implements Observed {
  final AtomicInteger asked = new AtomicInteger();
  final AtomicInteger tablesAsked = new AtomicInteger();
  volatile boolean tablesFail;
  volatile Reachability reached = new Reachability(null, null);
  volatile Mono<Void> answers = Mono.empty();
  volatile List<SeenTable> tables = List.of();
  volatile Map<String, Duration> lags = Map.of();
  volatile List<SeenCommand> commands = List.of();
  volatile List<SeenInstance> instances = List.of();

  /** A backlog that does not change. */
  static Backlog backlog(Duration lag, long pending) {
    return new Backlog() {
      @Override
      public Duration lag() {
        return lag;
      }

      @Override
      public long pendingMessages() {
        return pending;
      }
    };
  }

  @Override
  public Mono<Reachability> reachability(Duration limit) {
    return Mono.fromSupplier(
        () -> {
          asked.incrementAndGet();
          return reached;
        });
  }

  @Override
  public Mono<Void> answers() {
    return answers;
  }

  @Override
  public PoolUse poolUse() {
    return new PoolUse(8, 5, 3, 2);
  }

  @Override
  public String database() {
    return "creek@db.internal:5432/copy";
  }

  @Override
  public Mono<List<SeenTable>> tables() {
    return Mono.fromSupplier(
        () -> {
          tablesAsked.incrementAndGet();
          if (tablesFail) {
            throw new IllegalStateException("away");
          }
          return tables;
        });
  }

  @Override
  public Mono<Map<String, Duration>> lags(Set<String> targets) {
    return Mono.fromSupplier(
        () -> {
          var known = new HashMap<>(lags);
          known.keySet().retainAll(targets);
          return known;
        });
  }

  @Override
  public Mono<List<SeenCommand>> commands(int most) {
    return Mono.fromSupplier(() -> commands);
  }

  @Override
  public Mono<List<SeenInstance>> instances() {
    return Mono.fromSupplier(() -> instances);
  }
}
