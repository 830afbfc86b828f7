package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.app.config.Redaction;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The parts of the status that are no table, as JSON; unknown values are left out. */
final class StatusJson {
  private StatusJson() {}

  static String server(boolean known, @Nullable String trouble, JsonText.Fields more) {
    return JsonText.COMPACT.object(
        json -> {
          if (known) {
            json.writeBooleanField("up", trouble == null);
          }
          text(json, "reason", trouble);
          more.write(json);
        });
  }

  static void snapshot(JsonGenerator json, String target, SnapshotMeter meter) throws IOException {
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

  static void command(JsonGenerator json, CommandView command) throws IOException {
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

  static void instance(JsonGenerator json, InstanceView instance) throws IOException {
    json.writeStringField("id", instance.id());
    json.writeStringField("host", instance.host());
    json.writeStringField("version", instance.version());
    json.writeStringField("page", instance.page());
    json.writeBooleanField("self", instance.self());
    json.writeBooleanField("serving", instance.serving());
    json.writeNumberField("tables", instance.owns().size());
    text(json, "grouping", instance.grouping());
    time(json, "since", instance.since());
    Duration silentFor = instance.silentFor();
    if (silentFor != null) {
      json.writeNumberField("silent", silentFor.toSeconds());
    }
  }

  static void text(JsonGenerator json, String name, @Nullable String text) throws IOException {
    if (text != null) {
      json.writeStringField(name, Redaction.redact(text));
    }
  }

  /** To the second: faster changes cannot be read. */
  static void time(JsonGenerator json, String name, @Nullable Instant time) throws IOException {
    if (time != null) {
      json.writeStringField(name, Instant.ofEpochSecond(time.getEpochSecond()).toString());
    }
  }
}
