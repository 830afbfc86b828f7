package dev.creek.consumer.app.http;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Lag and rate of the tables that other instances handle: from the changes that the database has
 * counted between two checks, and from the changes that the broker still holds for them. One check
 * at a time.
 */
final class RemoteProgress {
  /** Each is a request to the broker. */
  private static final int MAX_LAGS = 100;

  private static final double NANOS = 1e9;

  /**
   * The progress of a table.
   *
   * @param lag age of its oldest change that is not applied; null: not known
   * @param rate changes a second since the check before; null: there was none
   */
  record Progress(@Nullable Duration lag, @Nullable Double rate) {}

  private record Look(long at, Map<String, Long> rows) {}

  private final Observed service;
  private volatile @Nullable Look before;

  RemoteProgress(Observed service) {
    this.service = service;
  }

  /** By target. */
  Mono<Map<String, Progress>> look(List<SubscriptionView> tables) {
    if (tables.isEmpty()) {
      return Mono.just(Map.of());
    }
    Map<String, Double> rates = rates(tables);
    Set<String> asked =
        tables.stream()
            .filter(SubscriptionView::active)
            .map(SubscriptionView::target)
            .limit(MAX_LAGS)
            .collect(Collectors.toUnmodifiableSet());
    return service
        .lags(asked)
        .map(
            lags ->
                tables.stream()
                    .map(SubscriptionView::target)
                    .collect(
                        Collectors.toUnmodifiableMap(
                            target -> target,
                            target -> new Progress(lags.get(target), rates.get(target)))));
  }

  private Map<String, Double> rates(List<SubscriptionView> tables) {
    var now =
        new Look(
            System.nanoTime(),
            tables.stream()
                .collect(
                    Collectors.toMap(SubscriptionView::target, SubscriptionView::rowsApplied)));
    Look last = before;
    before = now;
    var rates = new HashMap<String, Double>();
    if (last != null) {
      double seconds = (now.at() - last.at()) / NANOS;
      last.rows()
          .forEach(
              (target, rows) -> {
                Long later = now.rows().get(target);
                if (later != null) {
                  rates.put(target, Math.max(0, later - rows) / seconds);
                }
              });
    }
    return rates;
  }
}
