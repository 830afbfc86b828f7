package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.app.config.Redaction;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A table's part of the status, as JSON; unknown values are left out. */
final class TableJson {
  private TableJson() {}

  /**
   * Writes what is known, first by this instance.
   *
   * @param meter counts of this instance; null if another one has the table
   * @param stored the database's data; null if there are none
   * @param fresh whether the database has answered just now
   * @param elsewhere the progress of another instance; null if it is not known
   */
  static void write(
      JsonGenerator json,
      @Nullable TableMeter meter,
      @Nullable SubscriptionView stored,
      boolean fresh,
      RemoteProgress.@Nullable Progress elsewhere)
      throws IOException {
    group(json, meter == null ? null : meter.group(), stored);
    if (meter != null) {
      handledHere(json, meter, stored);
    } else if (stored != null) {
      json.writeStringField("source", stored.source());
      stateElsewhere(json, stored, fresh);
      handledElsewhere(json, stored, elsewhere);
    }
  }

  private static void group(
      JsonGenerator json, @Nullable GroupView here, @Nullable SubscriptionView stored)
      throws IOException {
    GroupView group = here == null && stored != null ? stored.group() : here;
    if (group != null) {
      json.writeStringField("group", group.name());
      StatusJson.text(json, "membership", group.membership());
    }
  }

  private static void handledHere(
      JsonGenerator json, TableMeter meter, @Nullable SubscriptionView stored) throws IOException {
    TableMeter.Shown shown = meter.shown();
    Instant committedAt = meter.committedAt();
    json.writeStringField("source", meter.source());
    json.writeStringField("state", shown.state());
    json.writeStringField("since", shown.since().toString());
    StatusJson.text(json, "reason", shown.reason());
    StatusJson.text(json, "hint", shown.hint());
    doubt(json, stored == null ? meter.doubt() : stored.doubt());
    json.writeBooleanField("here", true);
    backlog(json, meter.backlog());
    json.writeNumberField("rate", StatusView.rounded(meter.rates().latest()));
    if (stored != null) {
      StatusJson.time(json, "committed", committedAt == null ? stored.committedAt() : committedAt);
      // Only if it stands still: a number that changes constantly is not useful.
      if (!shown.state().equals("streaming")) {
        position(json, stored);
      }
    } else {
      StatusJson.time(json, "committed", committedAt);
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
      StatusJson.text(
          json,
          "reason",
          "the target database does not answer; its last answer: " + stored.state());
    } else {
      json.writeStringField("state", stored.state());
      StatusJson.text(json, "reason", stored.reason());
      StatusJson.text(json, "hint", stored.hint());
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
    StatusJson.time(json, "committed", stored.committedAt());
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
    StatusJson.time(json, "since", doubt.since());
    StatusJson.text(json, "hint", doubt.hint());
    json.writeEndObject();
  }

  private static void position(JsonGenerator json, SubscriptionView stored) throws IOException {
    json.writeNumberField("sequence", stored.sequence());
    json.writeStringField("lsn", stored.lsn());
    json.writeNumberField("rows", stored.rowsApplied());
  }
}
