package dev.creek.consumer.app.http;

import dev.creek.consumer.Reachability;
import dev.creek.consumer.metrics.Backlog;
import dev.creek.consumer.postgres.PoolUse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** A service that is as well as a test says. */
final class FakeService implements Observed {
  final AtomicInteger asked = new AtomicInteger();
  volatile Reachability reached = new Reachability(null, null);
  volatile Mono<Void> answers = Mono.empty();

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
}
