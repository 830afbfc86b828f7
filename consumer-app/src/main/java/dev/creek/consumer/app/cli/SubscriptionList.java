package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Subscriptions as text or JSON. */
final class SubscriptionList {
  private SubscriptionList() {}

  /** An aligned table. */
  static String text(List<Subscription> subscriptions, Grouping grouping, boolean colour) {
    boolean grouped = isGrouped(subscriptions, grouping);
    var headings = new ArrayList<>(List.of("Source", "Target", "Active", "State"));
    headings.addAll(grouped ? List.of("Group") : List.of());
    headings.addAll(List.of("LSN", "Timestamp", "Reason"));
    var table = new TextTable(headings.toArray(String[]::new));
    for (Subscription subscription : subscriptions) {
      Position position = subscription.position();
      var cells = new ArrayList<String>();
      cells.add(subscription.mapping().source().toString());
      cells.add(subscription.mapping().target().toString());
      cells.add(subscription.active() ? "yes" : "no");
      cells.add(subscription.state().name().stored());
      if (grouped) {
        cells.add(group(subscription, grouping));
      }
      cells.add(position.lsn() == 0 ? "-" : lsn(position));
      cells.add(orDash(position.committedAt()));
      cells.add(orDash(reason(subscription)));
      table.row(tone(subscription), cells.toArray(String[]::new));
    }
    return table.render(colour);
  }

  /** Tells whether any of them is in a group: otherwise there is nothing to show. */
  static boolean isGrouped(List<Subscription> subscriptions, Grouping grouping) {
    return subscriptions.stream().anyMatch(table -> table.group(grouping).isPresent());
  }

  /** The table's group, and whether it is apart. */
  static String group(Subscription subscription, Grouping grouping) {
    return subscription
        .group(grouping)
        .map(
            group ->
                group.shownName()
                    + (subscription.membership() == Membership.APART ? ", apart" : ""))
        .orElse("-");
  }

  private static @Nullable String reason(Subscription subscription) {
    String doubt = doubt(subscription);
    String stuck = subscription.state().reason();
    if (doubt.isEmpty()) {
      return stuck;
    }
    return (stuck == null ? "" : stuck + "; ") + "incomplete: " + doubt;
  }

  /** The reason why rows may be missing, in one line; empty if there is none. */
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

  /** In PostgreSQL's form. */
  private static String lsn(Position position) {
    return String.format(
        Locale.ROOT, "%X/%X", position.lsn() >>> 32, position.lsn() & 0xffff_ffffL);
  }

  /** One array. */
  static String json(List<Subscription> subscriptions, Grouping grouping) {
    return JsonText.INDENTED.array(
        subscriptions, (json, subscription) -> write(json, subscription, grouping));
  }

  static void write(JsonGenerator json, Subscription subscription, Grouping grouping)
      throws IOException {
    Membership membership = subscription.membership();
    Position position = subscription.position();
    StreamIdentity stream = position.stream();
    Instant committedAt = position.committedAt();
    json.writeStringField("source", subscription.mapping().source().toString());
    json.writeStringField("target", subscription.mapping().target().toString());
    json.writeBooleanField("active", subscription.active());
    json.writeStringField("state", subscription.state().name().stored());
    json.writeStringField("group", subscription.group(grouping).map(TableGroup::name).orElse(null));
    json.writeStringField("membership", membership == null ? null : membership.shown());
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
