package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.Redaction;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Whether the service lives and whether it is ready, as machines ask. Thread-safe; however often it
 * is asked, the database is asked once a second at most.
 */
final class Probes {
  private static final Logger log = LoggerFactory.getLogger(Probes.class);
  private static final Duration DATABASE_LIMIT = Duration.ofSeconds(2);

  /** A garbage collection or a busy machine takes less. */
  private static final Duration THREADS_LIMIT = Duration.ofSeconds(5);

  private static final Duration KEPT = Duration.ofSeconds(1);

  /** A page of reasons: who wants all asks for the status. */
  private static final int MAX_TABLES = 50;

  private final Meters meters;
  private final Mono<Reachability> servers;
  private final Mono<Boolean> threads;
  private final Startup startup;

  /**
   * An answer.
   *
   * @param ok whether all is well
   * @param json why not, for people and programs
   */
  record Answer(boolean ok, String json) {}

  Probes(Meters meters, Observed service) {
    this(meters, service, THREADS_LIMIT);
  }

  Probes(Meters meters, Observed service, Duration threadsLimit) {
    this.meters = meters;
    this.servers = Mono.defer(() -> service.reachability(DATABASE_LIMIT)).cache(KEPT);
    this.startup = new Startup(meters, service, DATABASE_LIMIT, KEPT);
    this.threads =
        Mono.defer(service::threadsResponsive)
            .thenReturn(true)
            .timeout(threadsLimit)
            .onErrorResume(TimeoutException.class, late -> stalled(threadsLimit))
            .cache(KEPT);
  }

  private static Mono<Boolean> stalled(Duration limit) {
    log.error("A thread that work is done on has not answered for {}", limit);
    return Mono.just(false);
  }

  /** The servers, as of a second ago at most. */
  Mono<Reachability> servers() {
    return servers;
  }

  /** Whether all tables have been taken up since the start. */
  Startup startup() {
    return startup;
  }

  /** Whether the process makes progress; if not, a restart is what helps. */
  Mono<Answer> live() {
    return threads.map(
        alive ->
            new Answer(
                alive,
                JsonText.COMPACT.object(
                    json -> {
                      json.writeBooleanField("alive", alive);
                      if (!alive) {
                        json.writeStringField(
                            "reason", "a thread that work is done on does not answer");
                      }
                    })));
  }

  /**
   * Whether everything that is handled here can be applied; if not, somebody has to look. Not
   * before every subscription has been taken up once since the start.
   */
  Mono<Answer> ready() {
    return Mono.zip(servers, startup.missing(), this::ready);
  }

  private Answer ready(Reachability reached, String missing) {
    List<TableMeter> stuck =
        meters.tables().stream().filter(table -> table.shown().isStuck()).toList();
    List<TableMeter> doubtful =
        meters.tables().stream().filter(table -> !table.doubt().isNone()).toList();
    boolean ready = reached.isComplete() && stuck.isEmpty() && missing.isEmpty();
    return new Answer(
        ready,
        JsonText.COMPACT.object(
            json -> {
              write(json, ready, reached, missing, stuck);
              doubts(json, doubtful);
            }));
  }

  /**
   * Told and no reason to be unready: what may be missing is missing whether or not somebody
   * restarts the service or waits for it, and changes are applied all the same.
   */
  private static void doubts(JsonGenerator json, List<TableMeter> doubtful) throws IOException {
    json.writeArrayFieldStart("incomplete");
    for (TableMeter table : doubtful.subList(0, Math.min(MAX_TABLES, doubtful.size()))) {
      json.writeStartObject();
      json.writeStringField("table", table.target());
      JsonText.strings(json, "causes", table.doubt().causes());
      JsonText.strings(
          json, "reasons", table.doubt().reasons().stream().map(Redaction::redact).toList());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("incomplete_tables", doubtful.size());
  }

  private static void write(
      JsonGenerator json,
      boolean ready,
      Reachability reached,
      String missing,
      List<TableMeter> stuck)
      throws IOException {
    json.writeBooleanField("ready", ready);
    json.writeArrayFieldStart("reasons");
    reason(json, "broker", reached.brokerTrouble());
    reason(json, "database", reached.databaseTrouble());
    reason(json, "start", missing.isEmpty() ? null : missing);
    for (TableMeter table : stuck.subList(0, Math.min(MAX_TABLES, stuck.size()))) {
      table(json, table);
    }
    json.writeEndArray();
    json.writeNumberField("stuck_tables", stuck.size());
  }

  private static void reason(JsonGenerator json, String what, @Nullable String trouble)
      throws IOException {
    if (trouble != null) {
      json.writeStartObject();
      json.writeStringField("what", what);
      json.writeStringField("reason", Redaction.redact(trouble));
      json.writeEndObject();
    }
  }

  private static void table(JsonGenerator json, TableMeter table) throws IOException {
    TableMeter.Shown shown = table.shown();
    json.writeStartObject();
    json.writeStringField("what", "table");
    json.writeStringField("table", table.target());
    json.writeStringField("state", shown.state());
    json.writeStringField("since", shown.since().toString());
    json.writeStringField("reason", redacted(shown.reason()));
    json.writeStringField("hint", redacted(shown.hint()));
    json.writeEndObject();
  }

  private static @Nullable String redacted(@Nullable String text) {
    return text == null ? null : Redaction.redact(text);
  }
}
