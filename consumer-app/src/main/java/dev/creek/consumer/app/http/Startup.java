package dev.creek.consumer.app.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Tells whether the start is over: every subscription has been taken up once, here or by another
 * instance. Before that, a table may be stuck without being known. Afterwards the database is not
 * queried any more. Thread-safe.
 */
final class Startup {
  private static final int MAX_NAMES = 10;

  private final Meters meters;
  private final Mono<String> asked;
  private volatile boolean over;

  /**
   * @param limit how long the database may take to answer
   * @param kept how long an answer is valid
   */
  Startup(Meters meters, Observed service, Duration limit, Duration kept) {
    this.meters = meters;
    this.asked =
        Mono.zip(service.tables(), service.instances(), this::missing)
            .timeout(limit)
            .map(Startup::described)
            .onErrorReturn("the subscriptions are not known yet")
            .doOnNext(missing -> over = over || missing.isEmpty())
            .cache(kept);
  }

  /** Tells whether it is over, by the last query. */
  boolean isOver() {
    return over;
  }

  /** A description of what is missing; empty text if nothing is, from then on. */
  Mono<String> missing() {
    return Mono.defer(() -> over ? Mono.just("") : asked);
  }

  private record Missing(List<String> targets, int of) {}

  private Missing missing(List<SubscriptionView> tables, List<InstanceView> instances) {
    Map<String, TableMeter> here =
        meters.tables().stream().collect(Collectors.toMap(TableMeter::target, Function.identity()));
    Set<String> elsewhere =
        instances.stream()
            .filter(instance -> !instance.self())
            .flatMap(instance -> instance.owns().stream())
            .collect(Collectors.toSet());
    List<String> active =
        tables.stream().filter(SubscriptionView::active).map(SubscriptionView::target).toList();
    return new Missing(
        active.stream()
            .filter(target -> !elsewhere.contains(target) && !isTold(here.get(target)))
            .toList(),
        active.size());
  }

  private static boolean isTold(@Nullable TableMeter meter) {
    return meter != null && meter.isTold();
  }

  private static String described(Missing missing) {
    List<String> targets = missing.targets();
    if (targets.isEmpty()) {
      return "";
    }
    String more = targets.size() > MAX_NAMES ? ", ..." : "";
    return "%d of %d tables have not been taken up since the start: %s%s"
        .formatted(
            targets.size(),
            missing.of(),
            String.join(", ", targets.subList(0, Math.min(MAX_NAMES, targets.size()))),
            more);
  }
}
