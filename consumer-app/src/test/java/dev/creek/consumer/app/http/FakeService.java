package dev.creek.consumer.app.http;

import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** A service that is as well as a test says. */
final class FakeService implements Observed {
  final AtomicInteger asked = new AtomicInteger();
  final AtomicInteger tablesAsked = new AtomicInteger();
  volatile boolean tablesFail;

  /** Comes before each answer of the database. */
  volatile Mono<Void> databaseTakes = Mono.empty();

  volatile Reachability reached = new Reachability(null, null);
  volatile Mono<Void> answers = Mono.empty();
  volatile List<SubscriptionView> tables = List.of();
  volatile Map<String, Duration> lags = Map.of();
  volatile List<CommandView> commands = List.of();
  volatile List<InstanceView> instances = List.of();

  /** A backlog that does not change. */
  static Backlog backlog(Duration lag, long pending) {
    return backlog(lag, Certainty.KNOWN, pending, Certainty.KNOWN);
  }

  /** One of which not all is known. */
  static Backlog backlog(Duration lag, Certainty lagIs, long pending, Certainty pendingIs) {
    return new Backlog() {
      @Override
      public Duration lag() {
        return lag;
      }

      @Override
      public long pendingMessages() {
        return pending;
      }

      @Override
      public Certainty lagCertainty() {
        return lagIs;
      }

      @Override
      public Certainty pendingCertainty() {
        return pendingIs;
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
  public Mono<Void> threadsResponsive() {
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
  public Mono<List<SubscriptionView>> tables() {
    return slowly(
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
  public Mono<List<CommandView>> commands(int most) {
    return slowly(() -> commands);
  }

  @Override
  public Mono<List<InstanceView>> instances() {
    return slowly(() -> instances);
  }

  private <T> Mono<T> slowly(Supplier<T> answer) {
    return Mono.defer(() -> databaseTakes.then(Mono.fromSupplier(answer)));
  }
}
