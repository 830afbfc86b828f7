package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.control.CommandText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Does what a test says and remembers what it was asked. */
final class FakeConsumer implements Consumer {
  final List<String> asked = new CopyOnWriteArrayList<>();
  final Map<String, Throwable> failures = new ConcurrentHashMap<>();
  final List<Subscription> subscribed = new ArrayList<>();
  final List<PublishedSnapshot> published = new ArrayList<>();
  final List<Instance> instances = new ArrayList<>();
  final List<CommandRecord> commands = new ArrayList<>();
  final List<SchemaCopy> copies = new ArrayList<>();
  final List<SchemaDifference> differences = new ArrayList<>();
  final List<DefinitionDifference> definitions = new ArrayList<>();
  final List<Finding> findings = new ArrayList<>();
  final Map<Verb, Flux<CommandStep>> steps = new ConcurrentHashMap<>();
  Duration lag = Duration.ZERO;

  /** A service was connected a moment ago. */
  boolean lost;

  final Sinks.Empty<Void> end = Sinks.empty();
  Mono<Void> stopping = Mono.fromRunnable(end::tryEmitEmpty);

  @Override
  public Mono<Void> run() {
    return ask("run", end.asMono());
  }

  @Override
  public Mono<Void> stop(Duration grace) {
    return ask("stop", stopping);
  }

  @Override
  public Flux<CommandStep> carryOut(Command command) {
    return ask(CommandText.format(command), Mono.just(command)).flatMapMany(this::steps);
  }

  @Override
  public Mono<CommandRecord> cancel(long id) {
    return ask("cancel " + id, Mono.just(commands))
        .flatMapIterable(all -> all)
        .filter(command -> command.id() == id)
        .single();
  }

  @Override
  public Flux<CommandStep> forceSnapshot(Command.ApplySnapshot command) {
    return ask("force " + CommandText.format(command), Mono.just(command)).flatMapMany(this::steps);
  }

  private Flux<CommandStep> steps(Command command) {
    return steps.getOrDefault(
        command.verb(), Flux.just(new CommandStep.Done("done by " + command.verb())));
  }

  @Override
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    return ask("snapshots " + source, Mono.just(published)).flatMapIterable(all -> all);
  }

  @Override
  public Mono<SourceSighting> look(SourceTable source) {
    boolean published = !source.table().equals("unknown");
    return ask("look " + source, Mono.just(new SourceSighting(source, published, List.of())));
  }

  @Override
  public Flux<Subscription> subscriptions() {
    return ask("subscriptions", Mono.just(subscribed)).flatMapIterable(all -> all);
  }

  @Override
  public Flux<SchemaCopy> copyDefinitions(
      List<Mapping> mappings, DatabaseOptions source, Set<SchemaPart> parts) {
    return ask("copy " + new TreeSet<>(parts) + " of " + mappings, Mono.just(copies))
        .flatMapIterable(all -> all);
  }

  @Override
  public Flux<SchemaCopy> copyDefinitions(
      Map<Mapping, List<SchemaDifference>> ended, DatabaseOptions source) {
    return ask("copy all of " + ended.keySet(), Mono.just(copies)).flatMapIterable(all -> all);
  }

  @Override
  public Flux<DefinitionDifference> definitionDifferences(
      Map<Mapping, List<SchemaDifference>> planned, DatabaseOptions source) {
    return ask("definitions of " + planned.keySet(), Mono.just(definitions))
        .flatMapIterable(all -> all);
  }

  @Override
  public Flux<SchemaDifference> differences(Mapping mapping) {
    return ask("differences of " + mapping, Mono.just(differences)).flatMapIterable(all -> all);
  }

  @Override
  public Mono<Void> end(Mapping mapping, List<SchemaDifference> ended) {
    return ask(
        "end " + ended.stream().map(SchemaDifference::column).toList() + " of " + mapping,
        Mono.empty());
  }

  @Override
  public Mono<Boolean> setSchemaChanges(TargetTable target, @Nullable SchemaPolicy policy) {
    return ask(
        "schema changes of " + target + ": " + policy,
        Mono.just(!target.table().equals("unknown")));
  }

  @Override
  public Mono<Void> setSchemaChanges(Mapping mapping, SchemaPolicy policy) {
    return ask("schema changes of " + mapping + ": " + policy, Mono.empty());
  }

  @Override
  public Mono<Verification> verify(Mapping mapping, Verification.Options how) {
    return ask(
        "verify " + mapping + " with a snapshot",
        Mono.just(new Verification(mapping, 10, 10, List.of(), List.of(), false, 0)));
  }

  @Override
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    boolean equal = !mapping.target().table().equals("different");
    return ask("verify " + mapping + " with " + source, Mono.just(compared(mapping, equal, 0)));
  }

  @Override
  public Mono<Verification> repair(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return ask("repair " + mapping + " with " + source, Mono.just(compared(mapping, true, 3)));
  }

  private static Verification compared(Mapping mapping, boolean equal, long repaired) {
    Verification.Kind kind = Verification.Kind.DIFFERENT;
    return new Verification(
        mapping,
        1000,
        1001,
        List.of("x (only on the source)"),
        equal ? List.of() : List.of(new Verification.Difference(kind, List.of("7", "a"), 1)),
        false,
        repaired);
  }

  @Override
  public Mono<Reachability> reachability(Duration limit) {
    return Mono.just(new Reachability(null, null));
  }

  @Override
  public Mono<Void> threadsResponsive() {
    return Mono.empty();
  }

  @Override
  public PoolUse poolUse() {
    return new PoolUse(0, 0, 0, 0);
  }

  @Override
  public Mono<Void> initialize() {
    return ask("initialize", Mono.empty());
  }

  @Override
  public Flux<Instance> instances() {
    return ask("instances", Mono.just(instances)).flatMapIterable(all -> all);
  }

  @Override
  public Mono<Boolean> mayBeServed() {
    return Mono.fromSupplier(() -> lost || instances.stream().anyMatch(Instance::serving));
  }

  @Override
  public Flux<CommandRecord> commands(int ended) {
    return ask("commands", Mono.just(commands)).flatMapIterable(all -> shown(all, ended));
  }

  private static List<CommandRecord> shown(List<CommandRecord> all, int ended) {
    var seen = new AtomicInteger();
    return all.stream()
        .filter(c -> c.outcome() == CommandOutcome.PENDING || seen.incrementAndGet() <= ended)
        .toList();
  }

  @Override
  public Flux<Finding> check(List<Mapping> mappings, DatabaseOptions source) {
    return ask("check " + mappings + (source == null ? "" : " " + source), Mono.just(findings))
        .flatMapIterable(all -> all);
  }

  @Override
  public Mono<Duration> lag(Subscription subscription) {
    return ask("lag " + subscription.mapping().target(), Mono.justOrEmpty(lag));
  }

  @Override
  public Mono<Void> close() {
    return ask("close", Mono.empty());
  }

  private <T> Mono<T> ask(String what, Mono<T> answer) {
    return Mono.defer(
        () -> {
          asked.add(what);
          Throwable failure = failures.get(what);
          return failure == null ? answer : Mono.error(failure);
        });
  }
}
