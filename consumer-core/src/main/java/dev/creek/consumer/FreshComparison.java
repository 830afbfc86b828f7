package dev.creek.consumer;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.postgres.PostgresTarget;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Compares a table with a fresh snapshot of its source, for a source that cannot be read. The
 * snapshot is loaded into a table beside the compared one, and the running services keep it up to
 * date like any other until the comparison ends. So nothing is paused: both tables follow the
 * source, and rows that are only late in one of them become equal.
 */
final class FreshComparison {
  /** A smaller lag is caught up while rows are compared again. */
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);

  /** The least time for a service to take the table and to read the changes since the snapshot. */
  private static final Duration SHORTEST_PATIENCE = Duration.ofSeconds(30);

  private final CreekConsumer consumer;
  private final PostgresTarget target;
  private final Mono<Void> stopped;

  /**
   * @param stopped ends the comparison; its table is removed first
   */
  FreshComparison(CreekConsumer consumer, PostgresTarget target, Mono<Void> stopped) {
    this.consumer = consumer;
    this.target = target;
    this.stopped = stopped;
  }

  Mono<Verification> compare(Mapping mapping, Verification.Options how) {
    return served(mapping)
        .then(
            target
                .comparisons()
                .withCounterpart(
                    mapping, counterpart -> loadedAndCompared(mapping, counterpart, how)))
        .switchIfEmpty(
            Mono.error(
                () ->
                    new SnapshotException("the comparison of " + mapping + " was stopped", null)));
  }

  private Mono<Void> served(Mapping mapping) {
    return consumer
        .health()
        .mayBeServed()
        .flatMap(
            there ->
                there
                    ? Mono.empty()
                    : Mono.error(
                        new SnapshotException(
                            "no service runs that would bring "
                                + mapping.target()
                                + " and a fresh snapshot to the same point",
                            "start one, or compare with the source database itself")));
  }

  private Mono<Verification> loadedAndCompared(
      Mapping mapping, Mapping counterpart, Verification.Options how) {
    Mono<Verification> compared =
        consumer
            .tables()
            .add(counterpart)
            .then(Mono.defer(() -> followed(counterpart, how.timeout())))
            .then(
                Mono.defer(() -> target.comparisons().verify(mapping, counterpart.target(), how)));
    return consumer
        .snapshots()
        .take(counterpart, SnapshotMode.CLEAN)
        .then(compared.takeUntilOther(stopped));
  }

  private Mono<Void> followed(Mapping counterpart, Duration timeout) {
    Duration limit = timeout.compareTo(SHORTEST_PATIENCE) < 0 ? SHORTEST_PATIENCE : timeout;
    Mono<Boolean> look =
        consumer
            .tables()
            .subscriptions()
            .filter(subscription -> subscription.mapping().equals(counterpart))
            .next()
            .flatMap(this::isClose)
            .defaultIfEmpty(false);
    return look.expand(close -> close ? Mono.empty() : Mono.delay(LOOK_INTERVAL).then(look))
        .then()
        .timeout(
            limit,
            Mono.error(
                () ->
                    new SnapshotException(
                        "the fresh snapshot did not catch up with the source within "
                            + limit.toSeconds()
                            + " s",
                        "see what the status says of "
                            + counterpart.target()
                            + ", and give a longer --patience")));
  }

  private Mono<Boolean> isClose(Subscription subscription) {
    TableState state = subscription.state();
    if (state.name() == TableState.Name.FAILED || state.name() == TableState.Name.GAP) {
      return Mono.error(
          new SnapshotException(
              "the fresh snapshot cannot follow: " + state.reason(), state.hint()));
    }
    return state.name() == TableState.Name.STREAMING
        ? consumer.tables().lag(subscription).map(lag -> lag.compareTo(CLOSE) <= 0)
        : Mono.just(false);
  }
}
