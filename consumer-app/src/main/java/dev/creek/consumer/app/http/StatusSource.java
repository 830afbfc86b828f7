package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.Redaction;
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
        server(servers != null, servers == null ? null : servers.brokerTrouble(), j -> {}));
    sections.put(
        "database",
        server(
            servers != null, servers == null ? null : servers.databaseTrouble(), this::database));
    sections.put("stored", stored());
    sections.put("snapshots", snapshots());
    sections.put("commands", JsonText.COMPACT.array(commands.now().value(), StatusSource::command));
    sections.put("instances", JsonText.COMPACT.array(there, StatusSource::instance));
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
            time(json, "at", described.at());
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

  private static String server(boolean known, @Nullable String trouble, JsonText.Fields more) {
    return JsonText.COMPACT.object(
        json -> {
          if (known) {
            json.writeBooleanField("up", trouble == null);
          }
          text(json, "reason", trouble);
          more.write(json);
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
        (json, e) -> snapshot(json, e.getKey(), e.getValue()));
  }

  private static void snapshot(JsonGenerator json, String target, SnapshotMeter meter)
      throws IOException {
    SnapshotMeter.Running running = meter.running();
    if (running != null) {
      json.writeStringField("target", target);
      json.writeStringField("source", meter.source());
      json.writeStringField("mode", running.mode());
      json.writeStringField("step", running.step());
      json.writeNumberField("done", running.rowsDone());
      json.writeNumberField("expected", running.rowsExpected());
      json.writeStringField("began", running.began().toString());
    }
  }

  private static void command(JsonGenerator json, CommandView command) throws IOException {
    json.writeNumberField("id", command.id());
    time(json, "at", command.at());
    text(json, "by", command.by());
    text(json, "command", command.command());
    json.writeStringField("outcome", command.outcome());
    text(json, "status", command.status());
    text(json, "detail", command.detail());
    time(json, "started", command.startedAt());
    time(json, "finished", command.finishedAt());
  }

  private static void instance(JsonGenerator json, InstanceView instance) throws IOException {
    json.writeStringField("id", instance.id());
    json.writeStringField("host", instance.host());
    json.writeStringField("version", instance.version());
    json.writeStringField("page", instance.page());
    json.writeBooleanField("self", instance.self());
    json.writeBooleanField("serving", instance.serving());
    json.writeNumberField("tables", instance.owns().size());
    time(json, "since", instance.since());
    Duration silentFor = instance.silentFor();
    if (silentFor != null) {
      json.writeNumberField("silent", silentFor.toSeconds());
    }
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
      texts.put(
          target,
          JsonText.COMPACT.object(
              json -> {
                json.writeStringField("target", target);
                text(json, "owner", owners.get(target));
                group(json, meter == null ? null : meter.group(), stored);
                if (meter != null) {
                  handledHere(json, meter, stored);
                } else if (stored != null) {
                  json.writeStringField("source", stored.source());
                  stateElsewhere(json, stored, fresh);
                  handledElsewhere(
                      json, stored, fresh && others.fresh() ? others.value().get(target) : null);
                }
              }));
    }
    return texts;
  }

  private static void group(
      JsonGenerator json, @Nullable GroupView here, @Nullable SubscriptionView stored)
      throws IOException {
    GroupView group = here == null && stored != null ? stored.group() : here;
    if (group != null) {
      json.writeStringField("group", group.name());
      text(json, "membership", group.membership());
    }
  }

  private static void handledHere(
      JsonGenerator json, TableMeter meter, @Nullable SubscriptionView stored) throws IOException {
    TableMeter.Shown shown = meter.shown();
    Instant committedAt = meter.committedAt();
    json.writeStringField("source", meter.source());
    json.writeStringField("state", shown.state());
    json.writeStringField("since", shown.since().toString());
    text(json, "reason", shown.reason());
    text(json, "hint", shown.hint());
    doubt(json, stored == null ? meter.doubt() : stored.doubt());
    json.writeBooleanField("here", true);
    backlog(json, meter.backlog());
    json.writeNumberField("rate", StatusView.rounded(meter.rates().latest()));
    if (stored != null) {
      time(json, "committed", committedAt == null ? stored.committedAt() : committedAt);
      // Only if it stands still: a number that changes constantly is not useful.
      if (!shown.state().equals("streaming")) {
        position(json, stored);
      }
    } else {
      time(json, "committed", committedAt);
    }
  }

  /** An unknown figure is left out. */
  private static void backlog(JsonGenerator json, Backlog backlog) throws IOException {
    Backlog.Certainty lag = backlog.lagCertainty();
    if (lag != Backlog.Certainty.UNKNOWN) {
      json.writeNumberField("lag", StatusView.rounded(backlog.lag().toMillis() / 1000.0));
    }
    if (lag == Backlog.Certainty.BOUND) {
      json.writeStringField("lag_is", "at most");
    }
    Backlog.Certainty pending = backlog.pendingCertainty();
    if (pending != Backlog.Certainty.UNKNOWN) {
      json.writeNumberField("pending", backlog.pendingMessages());
    }
    if (pending == Backlog.Certainty.BOUND) {
      json.writeStringField("pending_is", "at least");
    }
  }

  private static void stateElsewhere(JsonGenerator json, SubscriptionView stored, boolean fresh)
      throws IOException {
    if (!fresh && stored.active()) {
      json.writeStringField("state", "unknown");
      text(
          json,
          "reason",
          "the target database does not answer; its last answer: " + stored.state());
    } else {
      json.writeStringField("state", stored.state());
      text(json, "reason", stored.reason());
      text(json, "hint", stored.hint());
    }
  }

  private static void handledElsewhere(
      JsonGenerator json, SubscriptionView stored, RemoteProgress.@Nullable Progress progress)
      throws IOException {
    doubt(json, stored.doubt());
    json.writeBooleanField("here", false);
    if (progress != null && progress.lag() != null) {
      json.writeNumberField("lag", StatusView.rounded(progress.lag().toMillis() / 1000.0));
      if (progress.lag().isZero()) {
        json.writeNumberField("pending", 0);
      }
    }
    if (progress != null && progress.rate() != null) {
      json.writeNumberField("rate", StatusView.rounded(progress.rate()));
    }
    time(json, "committed", stored.committedAt());
    if (!stored.state().equals("streaming")) {
      position(json, stored);
    }
  }

  private static void doubt(JsonGenerator json, IncompletenessView doubt) throws IOException {
    if (doubt.isNone()) {
      return;
    }
    json.writeObjectFieldStart("incomplete");
    JsonText.strings(json, "causes", doubt.causes());
    JsonText.strings(json, "reasons", doubt.reasons().stream().map(Redaction::redact).toList());
    time(json, "since", doubt.since());
    text(json, "hint", doubt.hint());
    json.writeEndObject();
  }

  private static void position(JsonGenerator json, SubscriptionView stored) throws IOException {
    json.writeNumberField("sequence", stored.sequence());
    json.writeStringField("lsn", stored.lsn());
    json.writeNumberField("rows", stored.rowsApplied());
  }

  private static void text(JsonGenerator json, String name, @Nullable String text)
      throws IOException {
    if (text != null) {
      json.writeStringField(name, Redaction.redact(text));
    }
  }

  /** To the second: faster changes cannot be read. */
  private static void time(JsonGenerator json, String name, @Nullable Instant time)
      throws IOException {
    if (time != null) {
      json.writeStringField(name, Instant.ofEpochSecond(time.getEpochSecond()).toString());
    }
  }
}
