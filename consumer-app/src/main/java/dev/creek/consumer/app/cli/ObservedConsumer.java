package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.http.CommandView;
import dev.creek.consumer.app.http.GroupView;
import dev.creek.consumer.app.http.IncompletenessView;
import dev.creek.consumer.app.http.InstanceView;
import dev.creek.consumer.app.http.Observed;
import dev.creek.consumer.app.http.SubscriptionView;
import dev.creek.consumer.wire.Lsn;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** A consumer in the form for the page and the probes. */
final class ObservedConsumer implements Observed {
  private static final int LAGS_AT_ONCE = 4;

  private final Consumer consumer;
  private final String database;
  private final Grouping grouping;
  private final Instance.Self self;

  /**
   * Looks up the host's name: may block for a moment.
   *
   * @param database the database, without its password
   * @param grouping what applies to tables in no named group
   */
  ObservedConsumer(Consumer consumer, String database, Grouping grouping) {
    this.grouping = grouping;
    this.consumer = consumer;
    this.database = database;
    this.self = Instance.Self.of("", null);
  }

  @Override
  public Mono<Reachability> reachability(Duration limit) {
    return consumer.reachability(limit);
  }

  @Override
  public Mono<Void> threadsResponsive() {
    return consumer.threadsResponsive();
  }

  @Override
  public PoolUse poolUse() {
    return consumer.poolUse();
  }

  @Override
  public String database() {
    return database;
  }

  @Override
  public Mono<List<SubscriptionView>> tables() {
    return consumer.subscriptions().map(this::seen).collectList();
  }

  private SubscriptionView seen(Subscription subscription) {
    TableState state = subscription.state();
    Position position = subscription.position();
    return new SubscriptionView(
        subscription.mapping().source().toString(),
        subscription.mapping().target().toString(),
        subscription.active(),
        state.name().stored(),
        state.reason(),
        state.hint(),
        position.committedAt(),
        subscription.rowsApplied(),
        position.sequence(),
        Lsn.format(position.lsn()),
        subscription.group(grouping).map(group -> seen(group, subscription)).orElse(null),
        doubt(subscription));
  }

  private static GroupView seen(TableGroup group, Subscription subscription) {
    Membership membership = subscription.membership();
    return new GroupView(group.name(), membership == null ? null : membership.shown());
  }

  private static IncompletenessView doubt(Subscription subscription) {
    List<Incompleteness> marks = subscription.incompleteness();
    return marks.isEmpty()
        ? IncompletenessView.NONE
        : new IncompletenessView(
            marks.stream().map(mark -> mark.cause().stored()).toList(),
            marks.stream().map(Incompleteness::reason).toList(),
            marks.get(0).since(),
            Incompleteness.hint(subscription.mapping(), marks));
  }

  @Override
  public Mono<Map<String, Duration>> lags(Set<String> targets) {
    return targets.isEmpty()
        ? Mono.just(Map.of())
        : consumer
            .subscriptions()
            .filter(table -> targets.contains(table.mapping().target().toString()))
            .flatMap(this::lag, LAGS_AT_ONCE, 1)
            .collectMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  private Mono<Map.Entry<String, Duration>> lag(Subscription table) {
    return consumer
        .lag(table)
        .map(lag -> Map.entry(table.mapping().target().toString(), lag))
        .onErrorComplete();
  }

  @Override
  public Mono<List<CommandView>> commands(int most) {
    return consumer.commands(most).map(ObservedConsumer::seen).collectList();
  }

  private static CommandView seen(CommandRecord command) {
    return new CommandView(
        command.id(),
        command.requestedAt(),
        command.requestedBy(),
        command.command(),
        command.outcome().name().toLowerCase(Locale.ROOT),
        command.status(),
        command.detail(),
        command.startedAt(),
        command.finishedAt());
  }

  @Override
  public Mono<List<InstanceView>> instances() {
    return consumer.instances().map(this::seen).collectList();
  }

  private InstanceView seen(Instance instance) {
    Instance.Self it = instance.self();
    Grouping grouping = instance.grouping();
    return new InstanceView(
        instance.id(),
        it.host() + " (" + it.process() + ")",
        it.version(),
        it.page(),
        it.process() == self.process() && it.host().equals(self.host()),
        instance.serving(),
        instance.startedAt(),
        instance.owns().stream().map(TargetTable::toString).collect(Collectors.toSet()),
        grouping == null ? null : grouping.stored(),
        instance.isLate() ? instance.heartbeatAge() : null);
  }
}
