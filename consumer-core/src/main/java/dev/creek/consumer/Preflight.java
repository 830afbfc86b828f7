package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.check.SourceCheck;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.snapshot.HeaderSchemas;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.text.Remedy;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Checks everything that a run will need, and changes nothing. */
final class Preflight {
  private static final String BROKER = "broker";
  private static final String TARGET = "target";

  private final PostgresTarget target;
  private final PipelineOptions lines;
  private final Flux<Finding> server;
  private final Mono<JetStreamLog> broker;

  /** For one check: a server that is away is tried once. */
  Preflight(PostgresTarget target, Mono<JetStreamLog> broker, PipelineOptions lines) {
    this.target = target;
    this.lines = lines;
    this.server = target.checks().server().cache();
    this.broker = broker.cache();
  }

  /** Findings in the order in which a run needs each part; never errors. */
  Flux<Finding> findings(List<Mapping> asked, @Nullable DatabaseOptions source) {
    return Flux.concat(
        ask(BROKER, broker, changes -> changes.checks().server()),
        guarded(TARGET, server),
        subscriptions()
            .flatMapMany(
                subscribed ->
                    tables(asked.isEmpty() ? active(subscribed) : asked, subscribed, source)));
  }

  /** None if they cannot be read: the reason is a finding already. */
  private Mono<List<Subscription>> subscriptions() {
    return targetReached()
        .flatMapMany(there -> target.subscriptionsAsTheyAre())
        .collectList()
        .onErrorReturn(List.of());
  }

  /** Empty if it cannot be reached, which is reported once. */
  private Mono<Boolean> targetReached() {
    return server.then(Mono.just(true)).onErrorComplete();
  }

  private static List<Mapping> active(List<Subscription> subscribed) {
    return subscribed.stream().filter(Subscription::active).map(Subscription::mapping).toList();
  }

  private Flux<Finding> tables(
      List<Mapping> mappings, List<Subscription> subscribed, @Nullable DatabaseOptions source) {
    if (mappings.isEmpty()) {
      return targetReached()
          .map(
              there ->
                  Finding.ok(
                      "tables", "no table is subscribed; name mappings to check their tables"))
          .flux();
    }
    Map<String, List<SourceTable>> databases =
        mappings.stream()
            .map(Mapping::source)
            .distinct()
            .collect(
                Collectors.groupingBy(
                    SourceTable::database, LinkedHashMap::new, Collectors.toList()));
    Map<TargetTable, Optional<TableGroup>> groups = groups(mappings, subscribed);
    Map<String, Boolean> grouped =
        groups.values().stream()
            .flatMap(Optional::stream)
            .collect(
                Collectors.toMap(
                    TableGroup::database,
                    group -> !group.name().equals(group.database()),
                    Boolean::logicalOr));
    return Flux.concat(
        Flux.fromIterable(databases.entrySet())
            .concatMap(
                each ->
                    brokerReached()
                        .flatMapMany(changes -> database(changes, each.getKey(), each.getValue())),
                1),
        Flux.fromIterable(databases.keySet())
            .filter(grouped::containsKey)
            .concatMap(
                database ->
                    brokerReached()
                        .flatMapMany(
                            changes ->
                                group(changes, database, grouped.getOrDefault(database, false))),
                1),
        source == null
            ? tables(mappings, subscribed)
            : compared(source, mappings, tables(mappings, subscribed)),
        targetReached()
            .flatMapMany(there -> guarded("groups", target.checks().groups(mappings, groups))));
  }

  /** The groups of all tables that are followed, or are to be. */
  private Map<TargetTable, Optional<TableGroup>> groups(
      List<Mapping> mappings, List<Subscription> subscribed) {
    Map<TargetTable, Optional<TableGroup>> groups = new HashMap<>();
    mappings.forEach(
        mapping ->
            groups.put(mapping.target(), TableGroup.of(mapping.source(), null, lines.grouping())));
    subscribed.stream()
        .filter(Subscription::active)
        .forEach(table -> groups.put(table.mapping().target(), table.group(lines.grouping())));
    return groups;
  }

  private Flux<Finding> tables(List<Mapping> mappings, List<Subscription> subscribed) {
    return Flux.fromIterable(mappings).concatMap(mapping -> table(mapping, subscribed), 1);
  }

  /** Findings from the source's catalog that its published schemas do not show. */
  private Flux<Finding> compared(
      DatabaseOptions source, List<Mapping> mappings, Flux<Finding> tables) {
    return Flux.defer(
        () -> {
          Flux<Finding> looked = SourceCheck.findings(source, mappings).cache();
          var described = new HashSet<String>();
          return Flux.concat(
              guarded("source", looked),
              tables.doOnNext(
                  finding ->
                      Stream.ofNullable(finding.fix())
                          .flatMap(String::lines)
                          .forEach(described::add)),
              Mono.when(looked, server)
                  .thenReturn(true)
                  .onErrorComplete()
                  .flatMapMany(
                      reached -> guarded("source", target.checks().catalogs(source, mappings)))
                  .filter(finding -> finding.fix() == null || !described.contains(finding.fix())));
        });
  }

  private static Flux<Finding> database(
      JetStreamLog changes, String database, List<SourceTable> tables) {
    String about = "database " + database;
    return Flux.concat(
        guarded(about, changes.checks().streams(database)),
        guarded(about, changes.checks().permissions(database, tables)));
  }

  private static Flux<Finding> group(JetStreamLog changes, String database, boolean named) {
    return guarded("database " + database, changes.checks().groupPermission(database, named));
  }

  private Flux<Finding> table(Mapping mapping, List<Subscription> subscribed) {
    return schema(mapping)
        .flatMapMany(
            known ->
                Flux.concat(
                    Flux.fromIterable(known.findings()),
                    targetReached()
                        .flatMapMany(
                            there ->
                                guarded(
                                    mapping.toString(),
                                    target
                                        .checks()
                                        .table(
                                            mapping,
                                            known.schema(),
                                            known.rows(),
                                            active(subscribed).contains(mapping)))),
                    Flux.fromIterable(subscribed)
                        .filter(subscription -> subscription.mapping().equals(mapping))
                        .mapNotNull(Preflight::state)));
  }

  /** The known columns of the source, and a finding about their origin. */
  private record Known(
      List<Finding> findings, @Nullable WalSchema schema, @Nullable RecordShape rows) {
    static final Known NOTHING = new Known(List.of(), null, null);

    static Known of(Finding finding) {
      return new Known(List.of(finding), null, null);
    }
  }

  private Mono<Known> schema(Mapping mapping) {
    String about = mapping.toString();
    return brokerReached()
        .flatMap(
            changes ->
                newest(mapping.source(), changes)
                    .map(
                        schema ->
                            new Known(
                                List.of(Finding.ok(about, "its schema is known")), schema, null))
                    .switchIfEmpty(Mono.defer(() -> ofSnapshot(mapping, changes)))
                    .switchIfEmpty(
                        changes
                            .look(mapping.source())
                            .map(seen -> Known.of(unknown(mapping, seen))))
                    .onErrorResume(
                        e -> Mono.just(Known.of(Finding.problem(about, words(e), hint(e))))))
        .defaultIfEmpty(Known.NOTHING);
  }

  private Mono<WalSchema> newest(SourceTable source, JetStreamLog changes) {
    return new Schemas(target.schemaCache(), changes).newest(source);
  }

  /** If a table has not changed yet, its snapshots have the columns. */
  private Mono<Known> ofSnapshot(Mapping mapping, JetStreamLog changes) {
    return new HeaderSchemas(changes, lines)
        .newest(mapping.source())
        // Reported for the database; following tables does not need it.
        .onErrorComplete(BrokerException.Denied.class)
        .map(
            rows ->
                new Known(
                    List.of(
                        Finding.ok(
                            mapping.toString(),
                            "no change of it is published yet; its columns are known from a snapshot")),
                    null,
                    rows));
  }

  private static Finding unknown(Mapping mapping, SourceSighting seen) {
    String suggestion = seen.suggestion();
    return Finding.warning(
        mapping.toString(),
        "neither a change nor a snapshot of the source table has been published: its types cannot be compared",
        (suggestion == null ? "" : suggestion + " Else ")
            + "check the name; to ask the producer for a snapshot: "
            + Remedy.resync(mapping)
            + "; an update of a row on the source publishes the schema as well");
  }

  private static @Nullable Finding state(Subscription subscription) {
    TableState state = subscription.state();
    boolean stuck = state.name() == TableState.Name.FAILED || state.name() == TableState.Name.GAP;
    return stuck
        ? Finding.problem(
            subscription.mapping().toString(),
            "is " + state.name().stored() + ": " + state.reason(),
            state.hint())
        : null;
  }

  /** The broker, or empty: that it cannot be reached is reported once. */
  private Mono<JetStreamLog> brokerReached() {
    return broker.onErrorComplete();
  }

  private static <T> Flux<Finding> ask(
      String about, Mono<T> server, Function<T, Flux<Finding>> question) {
    return guarded(about, server.flatMapMany(question));
  }

  private static Flux<Finding> guarded(String about, Flux<Finding> findings) {
    return Flux.defer(() -> findings)
        .onErrorResume(e -> Flux.just(Finding.problem(about, words(e), hint(e))));
  }

  private static String words(Throwable error) {
    return ErrorWords.described(error);
  }

  private static @Nullable String hint(Throwable error) {
    if (error instanceof ShapeMismatchException mismatch) {
      return mismatch.hint();
    }
    if (error instanceof BrokerException.Unavailable unavailable) {
      return unavailable.hint();
    }
    return error instanceof DatabaseException refused ? refused.hint() : null;
  }
}
