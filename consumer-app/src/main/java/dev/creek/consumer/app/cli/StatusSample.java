package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The content of {@code status} at one moment.
 *
 * @param at time, by our clock
 * @param tables all subscriptions
 * @param lags by target; a missing one is not known
 * @param service the presence of a service, as far as it is known
 * @param instances the connected instances
 * @param commands those that have not ended, and the newest of those that have, newest first
 * @param moreCommands whether there are others that have ended
 * @param trouble why lags are not known; null if they are
 * @param before rows applied in the sample before, by target; empty if there is none
 * @param since time since that sample
 */
record StatusSample(
    Instant at,
    List<Subscription> tables,
    Map<TargetTable, Duration> lags,
    Service service,
    List<Instance> instances,
    List<CommandRecord> commands,
    boolean moreCommands,
    @Nullable String trouble,
    Map<TargetTable, Long> before,
    Duration since) {
  /** After this time a late service is reported by the exit code. */
  private static final Duration SILENT_AFTER = Duration.ofMinutes(1);

  private static final Lags NOT_ASKED =
      new Lags(Map.of(), "no broker is named to ask (--nats-uri or NATS_URI)");

  /** The presence of a service. */
  enum Service {
    /** One is connected, and its heartbeats are recent. */
    CONNECTED,
    /** One is connected, but none has a recent heartbeat. */
    LATE,
    /** The connection of one has just ended: it is gone, or comes back within seconds. */
    LOST,
    /** Certainly none is connected. */
    NONE
  }

  /**
   * The parts to query.
   *
   * @param lags whether to query the broker, too
   * @param commands maximum number of ended ones
   */
  record Asked(boolean lags, int commands) {}

  /**
   * Takes a sample.
   *
   * @param before the sample before, for rates; null: none
   */
  static Mono<StatusSample> take(Consumer consumer, Asked asked, @Nullable StatusSample before) {
    // One more shows whether there are more.
    Mono<List<CommandRecord>> log = consumer.commands(asked.commands() + 1).collectList();
    return Mono.zip(
            consumer.subscriptions().collectList(),
            consumer.instances().collectList(),
            consumer.mayBeServed(),
            log)
        .flatMap(
            seen ->
                (asked.lags() ? lags(consumer, seen.getT1()) : Mono.just(NOT_ASKED))
                    .map(
                        lags ->
                            of(
                                seen.getT1(),
                                lags,
                                service(seen.getT2(), seen.getT3()),
                                seen.getT2(),
                                seen.getT4(),
                                asked.commands(),
                                before)));
  }

  private static StatusSample of(
      List<Subscription> tables,
      Lags lags,
      Service service,
      List<Instance> instances,
      List<CommandRecord> log,
      int maxEnded,
      @Nullable StatusSample before) {
    Instant now = Instant.now();
    List<CommandRecord> ended =
        log.stream().filter(command -> command.outcome() != CommandOutcome.PENDING).toList();
    boolean more = ended.size() > maxEnded;
    return new StatusSample(
        now,
        tables,
        lags.known(),
        service,
        instances,
        more ? log.stream().filter(c -> !c.equals(ended.get(maxEnded))).toList() : log,
        more,
        lags.trouble(),
        before == null ? Map.of() : before.rows(),
        before == null ? Duration.ZERO : Duration.between(before.at(), now));
  }

  private static Service service(List<Instance> instances, boolean mayBeServed) {
    List<Instance> serving = instances.stream().filter(Instance::serving).toList();
    if (serving.isEmpty()) {
      return mayBeServed ? Service.LOST : Service.NONE;
    }
    return serving.stream().allMatch(Instance::isLate) ? Service.LATE : Service.CONNECTED;
  }

  private record Lags(Map<TargetTable, Duration> known, @Nullable String trouble) {}

  /** The known lags, up to the first one that cannot be queried. */
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

  /** Changes applied a second since the sample before; null if there is none. */
  @Nullable Double rate(Subscription table) {
    Long earlier = before.get(table.mapping().target());
    return earlier == null || since.isZero()
        ? null
        : Math.max(0, table.rowsApplied() - earlier) * 1e9 / since.toNanos();
  }

  @Nullable Duration lag(Subscription table) {
    return lags.get(table.mapping().target());
  }

  /** Returns true if a service had a heartbeat within a minute, and no active table is stuck. */
  boolean isWell() {
    return instances.stream()
            .filter(Instance::serving)
            .anyMatch(instance -> instance.heartbeatAge().compareTo(SILENT_AFTER) < 0)
        && tables.stream().filter(Subscription::active).noneMatch(StatusSample::isStuck);
  }

  static boolean isStuck(Subscription table) {
    TableState.Name state = table.state().name();
    return state == TableState.Name.FAILED
        || state == TableState.Name.GAP
        || (state == TableState.Name.WAITING && table.state().hint() != null);
  }
}
