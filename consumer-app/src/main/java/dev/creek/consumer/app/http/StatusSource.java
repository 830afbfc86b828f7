package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Assembles the status: the counts of this instance, and the database's data about everything else.
 * The database is queried only while there is a client, and at most once every two seconds, however
 * many there are. While it does not answer, its last answer is shown as old. Unknown values are
 * left out. Thread-safe.
 */
final class StatusSource {
  private static final Duration TICK = Duration.ofSeconds(1);

  /** A page that is loaded again finds the stream still running. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final int COMMANDS = 20;

  private final Meters meters;
  private final Observed service;
  private final Build build;
  private final Probes probes;
  private final LastKnown<List<SubscriptionView>> tables;
  private final LastKnown<List<CommandView>> commands;
  private final LastKnown<List<InstanceView>> instances;
  private final LastKnown<Map<String, RemoteProgress.Progress>> elsewhere;
  private volatile @Nullable Reachability reached;
  private final Flux<StatusView> views;

  StatusSource(Meters meters, Observed service, Build build, Probes probes) {
    this.meters = meters;
    this.service = service;
    this.build = build;
    this.probes = probes;
    this.tables = new LastKnown<>(service.tables(), List.of());
    this.commands = new LastKnown<>(service.commands(COMMANDS), List.of());
    this.instances = new LastKnown<>(service.instances(), List.of());
    var others = new RemoteProgress(service);
    this.elsewhere =
        new LastKnown<>(
            tables
                .ask()
                .flatMap(
                    described ->
                        others.look(described.fresh() ? notHere(described.value()) : List.of())),
            Map.of());
    Flux<StatusView> asked =
        Flux.interval(Duration.ZERO, TICK).onBackpressureDrop().concatMap(tick -> now(), 1);
    // Servers may take their time, so the client first gets what is known.
    this.views = Mono.fromSupplier(this::known).concatWith(asked).replay(1).refCount(1, GRACE);
  }

  private List<SubscriptionView> notHere(List<SubscriptionView> all) {
    Set<String> here =
        meters.tables().stream().map(TableMeter::target).collect(Collectors.toUnmodifiableSet());
    return all.stream().filter(table -> !here.contains(table.target())).toList();
  }

  /** First the status that needs no query, then the complete one once a second. */
  Flux<StatusView> views() {
    return views;
  }

  /** The status now. */
  Mono<StatusView> now() {
    return Mono.when(
            probes.servers().doOnNext(servers -> reached = servers),
            probes.startup().missing(),
            tables.ask(),
            commands.ask(),
            instances.ask(),
            elsewhere.ask())
        .then(Mono.fromSupplier(this::known));
  }

  private StatusView known() {
    Reachability servers = reached;
    List<InstanceView> there = instances.now().value();
    var sections = new LinkedHashMap<String, String>();
    sections.put("service", service(servers));
    sections.put(
        "broker",
        StatusJson.server(
            servers != null, servers == null ? null : servers.brokerTrouble(), j -> {}));
    sections.put(
        "database",
        StatusJson.server(
            servers != null, servers == null ? null : servers.databaseTrouble(), this::database));
    sections.put("stored", stored());
    sections.put("snapshots", snapshots());
    sections.put("commands", JsonText.COMPACT.array(commands.now().value(), StatusJson::command));
    sections.put("instances", JsonText.COMPACT.array(there, StatusJson::instance));
    var rates = new HashMap<String, double[]>();
    meters.tables().forEach(table -> rates.put(table.target(), table.rates().all()));
    return new StatusView(Instant.now(), sections, tables(owners(there)), rates, meters.samples());
  }

  /** The time of the database's data: now, or that of its last answer, if there was one. */
  private String stored() {
    LastKnown.Told<List<SubscriptionView>> described = tables.now();
    boolean fresh = described.fresh() && commands.now().fresh() && instances.now().fresh();
    return JsonText.COMPACT.object(
        json -> {
          json.writeBooleanField("fresh", fresh);
          if (!fresh) {
            StatusJson.time(json, "at", described.at());
          }
        });
  }

  private String service(@Nullable Reachability servers) {
    return JsonText.COMPACT.object(
        json -> {
          json.writeStringField("version", build.version());
          json.writeStringField("java", build.java());
          json.writeStringField("started", build.started().toString());
          if (servers != null) {
            json.writeBooleanField(
                "ready",
                servers.isComplete()
                    && probes.startup().isOver()
                    && meters.tables().stream().noneMatch(t -> t.shown().isStuck()));
          }
        });
  }

  private void database(JsonGenerator json) throws IOException {
    PoolUse pool = service.poolUse();
    json.writeStringField("target", service.database());
    json.writeNumberField("used", pool.inUse());
    json.writeNumberField("open", pool.open());
    json.writeNumberField("max", pool.most());
    json.writeNumberField("waiting", pool.waiting());
  }

  private String snapshots() {
    return JsonText.COMPACT.array(
        meters.snapshots().entrySet().stream().filter(e -> e.getValue().running() != null).toList(),
        (json, e) -> StatusJson.snapshot(json, e.getKey(), e.getValue()));
  }

  /** By target, the id of the instance that handles it. */
  private static Map<String, String> owners(List<InstanceView> there) {
    var owners = new HashMap<String, String>();
    there.forEach(instance -> instance.owns().forEach(t -> owners.put(t, instance.id())));
    return owners;
  }

  private SortedMap<String, String> tables(Map<String, String> owners) {
    boolean fresh = tables.now().fresh();
    LastKnown.Told<Map<String, RemoteProgress.Progress>> others = elsewhere.now();
    var byTarget = new HashMap<String, SubscriptionView>();
    tables.now().value().forEach(table -> byTarget.put(table.target(), table));
    var here = new HashMap<String, TableMeter>();
    meters.tables().forEach(table -> here.put(table.target(), table));
    var all = new TreeSet<>(byTarget.keySet());
    all.addAll(here.keySet());
    var texts = new TreeMap<String, String>();
    for (String target : all) {
      SubscriptionView stored = byTarget.get(target);
      TableMeter meter = here.get(target);
      var elsewhereNow = fresh && others.fresh() ? others.value().get(target) : null;
      texts.put(
          target,
          JsonText.COMPACT.object(
              json -> {
                json.writeStringField("target", target);
                StatusJson.text(json, "owner", owners.get(target));
                TableJson.write(json, meter, stored, fresh, elsewhereNow);
              }));
    }
    return texts;
  }
}
