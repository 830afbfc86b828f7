package dev.creek.consumer.app.http;

import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** What this package asks of the service that it shows. Thread-safe. */
public interface Observed {

  /** Whether the servers can be worked with; the answer takes no longer than {@code limit}. */
  Mono<Reachability> reachability(Duration limit);

  /** Completes when every thread that work is done on has taken up a task. */
  Mono<Void> threadsResponsive();

  /** How the database connections are used now. */
  PoolUse poolUse();

  /** Which target database, without its password. */
  String database();

  /** All subscriptions, as the database has them. */
  Mono<List<SubscriptionView>> tables();

  /**
   * The age of the oldest change of each of these targets that is not applied yet; those of which
   * it cannot be told are left out.
   */
  Mono<Map<String, Duration>> lags(Set<String> targets);

  /** The newest commands, newest first. */
  Mono<List<CommandView>> commands(int most);

  /** All instances at work on the same database. */
  Mono<List<InstanceView>> instances();
}
