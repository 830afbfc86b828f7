package dev.creek.consumer.app.http;

import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** The queries of this package to the service. Thread-safe. */
public interface Observed {

  /** Tells whether the servers can be used; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every working thread has run a task. */
  Mono<Void> threadsResponsive();

  /** The current use of the database connections. */
  PoolUse poolUse();

  /** The target database, without its password. */
  String database();

  /** All subscriptions, from the database. */
  Mono<List<SubscriptionView>> tables();

  /**
   * The age of the oldest change of each of these targets that is not applied yet, if it can be
   * determined.
   */
  Mono<Map<String, Duration>> lags(Set<String> targets);

  /** The newest commands, newest first. */
  Mono<List<CommandView>> commands(int most);

  /** All instances at work on the same database. */
  Mono<List<InstanceView>> instances();
}
