package dev.creek.consumer.app.cli;

import dev.creek.consumer.control.CommandRecord;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.Instance;
import dev.creek.consumer.stream.Subscription;
import dev.creek.consumer.stream.TableState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * All that {@code status} shows, as it was at one moment.
 *
 * @param at when, by our clock
 * @param tables all subscriptions; where no service runs none says that it is streaming
 * @param lags by target; one that is missing is not known
 * @param instances who is at work
 * @param commands the newest, newest first
 * @param trouble why lags are not known; null where they are
 * @param before rows applied in the sample before, by target; empty where there is none
 * @param since how long ago that was
 */
record StatusSample(
    Instant at,
    List<Subscription> tables,
    Map<TargetTable, Duration> lags,
    List<Instance> instances,
    List<CommandRecord> commands,
    @Nullable String trouble,
    Map<TargetTable, Long> before,
    Duration since) {
  private static final int COMMANDS = 8;

  private static final Lags NOT_ASKED =
      new Lags(Map.of(), "no broker is named to ask (--nats-uri or NATS_URI)");

  /**
   * Takes one.
   *
   * @param withLags whether to ask the broker, too
   * @param before the sample before, for rates; null: none
   */
  static Mono<StatusSample> take(
      Consumer consumer, boolean withLags, @Nullable StatusSample before) {
    return Mono.zip(
            consumer.subscriptions().collectList(),
            consumer.instances().collectList(),
            consumer.commands(COMMANDS).collectList())
        .flatMap(
            seen ->
                (withLags ? lags(consumer, seen.getT1()) : Mono.just(NOT_ASKED))
                    .map(lags -> of(seen.getT1(), lags, seen.getT2(), seen.getT3(), before)));
  }

  private static StatusSample of(
      List<Subscription> tables,
      Lags lags,
      List<Instance> instances,
      List<CommandRecord> commands,
      @Nullable StatusSample before) {
    Instant now = Instant.now();
    return new StatusSample(
        now,
        instances.stream().anyMatch(Instance::serving)
            ? tables
            : tables.stream().map(StatusSample::unserved).toList(),
        lags.known(),
        instances,
        commands,
        lags.trouble(),
        before == null ? Map.of() : before.rows(),
        before == null ? Duration.ZERO : Duration.between(before.at(), now));
  }

  /** A service that was killed has left behind that its tables are streaming. */
  private static Subscription unserved(Subscription table) {
    return table.state().name() != TableState.Name.STREAMING
        ? table
        : new Subscription(
            table.mapping(),
            table.active(),
            new TableState(
                TableState.Name.WAITING, "no service runs that applies its changes", null),
            table.position(),
            table.rowsApplied(),
            table.incompleteness());
  }

  private record Lags(Map<TargetTable, Duration> known, @Nullable String trouble) {}

  /** Those that are known before the first that cannot be asked for. */
  private static Mono<Lags> lags(Consumer consumer, List<Subscription> tables) {
    var known = new HashMap<TargetTable, Duration>();
    return Flux.fromIterable(tables)
        .filter(Subscription::active)
        .concatMap(
            table -> consumer.lag(table).doOnNext(lag -> known.put(table.mapping().target(), lag)),
            1)
        .then(Mono.fromSupplier(() -> new Lags(known, null)))
        .onErrorResume(error -> Mono.just(new Lags(known, Reason.of(error))));
  }

  private Map<TargetTable, Long> rows() {
    var rows = new HashMap<TargetTable, Long>();
    tables.forEach(table -> rows.put(table.mapping().target(), table.rowsApplied()));
    return rows;
  }

  /** Changes applied a second since the sample before; null where there is none. */
  @Nullable Double rate(Subscription table) {
    Long earlier = before.get(table.mapping().target());
    return earlier == null || since.isZero()
        ? null
        : Math.max(0, table.rowsApplied() - earlier) * 1e9 / since.toNanos();
  }

  @Nullable Duration lag(Subscription table) {
    return lags.get(table.mapping().target());
  }

  /** True where a service runs, and no table is stuck that somebody wants to follow. */
  boolean isWell() {
    return isServed()
        && tables.stream().filter(Subscription::active).noneMatch(StatusSample::isStuck);
  }

  boolean isServed() {
    return instances.stream().anyMatch(Instance::serving);
  }

  static boolean isStuck(Subscription table) {
    TableState.Name state = table.state().name();
    return state == TableState.Name.FAILED
        || state == TableState.Name.GAP
        || (state == TableState.Name.WAITING && table.state().hint() != null);
  }
}
