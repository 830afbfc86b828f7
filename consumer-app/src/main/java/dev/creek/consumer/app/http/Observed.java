package dev.creek.consumer.app.http;

import dev.creek.consumer.Reachability;
import dev.creek.consumer.postgres.PoolUse;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** What this package asks of the service that it shows. Thread-safe. */
public interface Observed {

  /** Whether the servers can be worked with; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every thread that work is done on has taken up a task. */
  Mono<Void> answers();

  /** How the database connections are used now. */
  PoolUse poolUse();
}
