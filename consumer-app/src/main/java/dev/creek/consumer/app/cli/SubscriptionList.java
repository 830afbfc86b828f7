package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Subscriptions, written for people and for programs. */
final class SubscriptionList {
  private SubscriptionList() {}

  /** An aligned table. */
  static String text(List<Subscription> subscriptions, boolean colour) {
    var table = new TextTable("Source", "Target", "Active", "State", "LSN", "Timestamp", "Reason");
    for (Subscription subscription : subscriptions) {
      Position position = subscription.position();
      table.row(
          tone(subscription),
          subscription.mapping().source().toString(),
          subscription.mapping().target().toString(),
          subscription.active() ? "yes" : "no",
          subscription.state().name().stored(),
          position.lsn() == 0 ? "-" : lsn(position),
          orDash(position.committedAt()),
          orDash(reason(subscription)));
    }
    return table.render(colour);
  }

  private static @Nullable String reason(Subscription subscription) {
    String doubt = doubt(subscription);
    String stuck = subscription.state().reason();
    if (doubt.isEmpty()) {
      return stuck;
    }
    return (stuck == null ? "" : stuck + "; ") + "incomplete: " + doubt;
  }

  /** Why rows may be missing, in one line; empty where nothing says so. */
  static String doubt(Subscription subscription) {
    return subscription.incompleteness().stream()
        .map(Incompleteness::reason)
        .collect(Collectors.joining("; "));
  }

  static TextTable.Tone tone(Subscription subscription) {
    return switch (subscription.state().name()) {
      case FAILED, GAP -> TextTable.Tone.BAD;
      case WAITING, UNKNOWN -> TextTable.Tone.ATTENTION;
      case INACTIVE -> TextTable.Tone.FAINT;
      case STREAMING, SNAPSHOTTING ->
          subscription.incompleteness().isEmpty() ? TextTable.Tone.PLAIN : TextTable.Tone.ATTENTION;
    };
  }

  private static String orDash(@Nullable Object value) {
    return value == null ? "-" : value.toString();
  }

  /** As PostgreSQL writes it. */
  private static String lsn(Position position) {
    return String.format(
        Locale.ROOT, "%X/%X", position.lsn() >>> 32, position.lsn() & 0xffff_ffffL);
  }

  /** One array. */
  static String json(List<Subscription> subscriptions) {
    return JsonText.INDENTED.array(subscriptions, SubscriptionList::write);
  }

  static void write(JsonGenerator json, Subscription subscription) throws IOException {
    Position position = subscription.position();
    StreamIdentity stream = position.stream();
    Instant committedAt = position.committedAt();
    json.writeStringField("source", subscription.mapping().source().toString());
    json.writeStringField("target", subscription.mapping().target().toString());
    json.writeBooleanField("active", subscription.active());
    json.writeStringField("state", subscription.state().name().stored());
    json.writeStringField("reason", subscription.state().reason());
    json.writeStringField("hint", subscription.state().hint());
    json.writeStringField("lsn", lsn(position));
    json.writeStringField("timestamp", committedAt == null ? null : committedAt.toString());
    json.writeStringField("stream", stream == null ? null : stream.name());
    json.writeNumberField("sequence", position.sequence());
    json.writeNumberField("rows_applied", subscription.rowsApplied());
    JsonText.objects(json, "incomplete", subscription.incompleteness(), SubscriptionList::write);
  }

  private static void write(JsonGenerator json, Incompleteness mark) throws IOException {
    json.writeStringField("cause", mark.cause().stored());
    json.writeStringField("detail", mark.detail());
    json.writeStringField("reason", mark.reason());
    json.writeStringField("since", mark.since() == null ? null : mark.since().toString());
  }
}
