package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.app.config.Redaction;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A {@link StatusSample} as text or JSON. */
final class StatusText {
  private StatusText() {}

  /** One screen. */
  static String screen(StatusSample sample, String target, Grouping grouping, boolean colour) {
    var lines = new ArrayList<String>();
    lines.add(target + " at " + sample.at().truncatedTo(ChronoUnit.SECONDS));
    lines.add("");
    lines.add(instances(sample, colour));
    lines.add("");
    lines.add(tables(sample, grouping, colour));
    for (Subscription table : sample.tables()) {
      if (table.active() && table.state().reason() != null) {
        lines.add("");
        lines.add(
            table.mapping().target()
                + " is "
                + table.state().name().stored()
                + ": "
                + clean(table.state().reason()));
        if (table.state().hint() != null) {
          lines.add("-> " + clean(table.state().hint()));
        }
      }
    }
    doubts(sample, lines);
    if (sample.trouble() != null && sample.tables().stream().anyMatch(Subscription::active)) {
      lines.add("");
      lines.add("The lag is not known: " + clean(sample.trouble()));
    }
    if (!sample.commands().isEmpty()) {
      lines.add("");
      lines.add(commands(sample, colour));
      if (sample.moreCommands()) {
        lines.add("There are older ones: creek-consumer status --commands 100");
      }
    }
    return String.join(System.lineSeparator(), lines);
  }

  /** Only for tables that are followed: the rows of others become outdated in any case. */
  private static void doubts(StatusSample sample, List<String> lines) {
    for (Subscription table : sample.tables()) {
      if (table.active() && !table.incompleteness().isEmpty()) {
        lines.add("");
        lines.add(
            table.mapping().target()
                + " may differ from its source: "
                + clean(SubscriptionList.doubt(table)));
        lines.add("-> " + Incompleteness.hint(table.mapping(), table.incompleteness()));
      }
    }
  }

  private static String instances(StatusSample sample, boolean colour) {
    var lines = new ArrayList<String>();
    String said = service(sample.service());
    if (said != null) {
      lines.add(colour ? TextTable.Tone.ATTENTION.paint(said) : said);
    }
    if (!sample.instances().isEmpty()) {
      lines.add(list(sample, colour));
    }
    for (Instance instance : sample.instances()) {
      if (instance.isLate()) {
        lines.add(
            name(instance)
                + " is connected, but has sent no heartbeat for "
                + shown(instance.heartbeatAge())
                + ": it is slow or stopped, and the state of its tables is not known.");
      }
    }
    return String.join(System.lineSeparator() + System.lineSeparator(), lines);
  }

  private static @Nullable String service(StatusSample.Service service) {
    return switch (service) {
      case CONNECTED, LATE -> null;
      case LOST ->
          "A service has just lost its connection to this database: it has ended, or comes back "
              + "within seconds.";
      case NONE ->
          "No service is connected to this database: nothing is applied until one is (creek-consumer serve).";
    };
  }

  /** Of those that share tables. */
  private static String grouping(Instance instance) {
    Grouping grouping = instance.grouping();
    return grouping == null || !instance.serving() ? "" : grouping.stored();
  }

  private static String name(Instance instance) {
    return instance.self().host() + ":" + instance.self().process();
  }

  private static String list(StatusSample sample, boolean colour) {
    var table =
        new TextTable("Instance", "Does", "Grouping", "Tables", "Since", "Heartbeat", "Version");
    for (Instance instance : sample.instances()) {
      table.row(
          instance.isLate() ? TextTable.Tone.ATTENTION : TextTable.Tone.PLAIN,
          name(instance),
          instance.serving() ? "serves" : "takes a snapshot",
          grouping(instance),
          Amount.of(instance.owns().size()),
          instance.startedAt().truncatedTo(ChronoUnit.SECONDS).toString(),
          shown(instance.heartbeatAge()) + " ago",
          instance.self().version());
    }
    return table.render(colour);
  }

  private static String tables(StatusSample sample, Grouping grouping, boolean colour) {
    boolean grouped = SubscriptionList.isGrouped(sample.tables(), grouping);
    boolean doubtful = sample.tables().stream().anyMatch(t -> !t.incompleteness().isEmpty());
    var headings = new ArrayList<>(List.of("Table", "From", "State", "Lag", "Rows/s", "Rows"));
    if (grouped) {
      headings.add("Group");
    }
    if (doubtful) {
      headings.add("Incomplete");
    }
    var table = new TextTable(headings.toArray(String[]::new));
    for (Subscription subscription : sample.tables()) {
      Double rate = sample.rate(subscription);
      Duration lag = sample.lag(subscription);
      var cells =
          new ArrayList<>(
              List.of(
                  subscription.mapping().target().toString(),
                  subscription.mapping().source().toString(),
                  subscription.state().name().stored(),
                  lag == null ? "-" : shown(lag),
                  rate == null ? "-" : Amount.of(Math.round(rate)),
                  Amount.of(subscription.rowsApplied())));
      if (grouped) {
        cells.add(SubscriptionList.group(subscription, grouping));
      }
      if (doubtful) {
        cells.add(causes(subscription));
      }
      table.row(SubscriptionList.tone(subscription), cells.toArray(String[]::new));
    }
    return table.render(colour);
  }

  private static String causes(Subscription subscription) {
    return subscription.incompleteness().isEmpty()
        ? "-"
        : subscription.incompleteness().stream()
            .map(mark -> mark.cause().stored())
            .distinct()
            .collect(Collectors.joining(", "));
  }

  private static String commands(StatusSample sample, boolean colour) {
    var table = new TextTable("Command", "Asked", "By", "What", "Status");
    for (CommandRecord command : sample.commands()) {
      table.row(
          tone(command),
          Long.toString(command.id()),
          command.requestedAt().truncatedTo(ChronoUnit.SECONDS).toString(),
          command.requestedBy() == null ? "-" : command.requestedBy(),
          command.command(),
          Redaction.redact(command.status()) + waiting(command) + progress(command));
    }
    return table.render(colour);
  }

  private static TextTable.Tone tone(CommandRecord command) {
    return switch (command.outcome()) {
      case FAILED -> TextTable.Tone.BAD;
      case PENDING -> TextTable.Tone.ATTENTION;
      case OK, CANCELLED -> TextTable.Tone.FAINT;
    };
  }

  /** The command for which a queued one waits. */
  private static String waiting(CommandRecord command) {
    return command.status().equals(CommandRecord.QUEUED) && command.detail() != null
        ? " (" + Redaction.redact(command.detail()) + ")"
        : "";
  }

  private static String progress(CommandRecord command) {
    if (command.outcome() != CommandOutcome.PENDING || command.step() == null) {
      return "";
    }
    Long expected = command.rowsExpected();
    long done = command.rowsDone() == null ? 0 : command.rowsDone();
    return " ("
        + command.step()
        + ": "
        + (expected == null || expected < 0
            ? Amount.rows(done)
            : Amount.of(done) + " of " + Amount.rows(expected))
        + ")";
  }

  /** To a tenth of a second below a minute. */
  static String shown(Duration duration) {
    long seconds = duration.toSeconds();
    if (duration.isZero()) {
      return "0";
    }
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
    return seconds < 3600
        ? "%d min %d s".formatted(seconds / 60, seconds % 60)
        : "%d h %d min".formatted(seconds / 3600, seconds / 60 % 60);
  }

  private static String clean(@Nullable String text) {
    return Redaction.redact(String.valueOf(text)).replace('\n', ' ').replaceAll("\\p{Cntrl}", "?");
  }

  /** One object. */
  static String json(StatusSample sample, Grouping grouping) {
    return JsonText.INDENTED.object(json -> write(json, sample, grouping));
  }

  private static void write(JsonGenerator json, StatusSample sample, Grouping grouping)
      throws IOException {
    json.writeStringField("at", sample.at().toString());
    json.writeStringField("service", sample.service().name().toLowerCase(Locale.ROOT));
    JsonText.objects(json, "instances", sample.instances(), StatusText::write);
    JsonText.objects(
        json, "tables", sample.tables(), (j, table) -> write(j, table, sample, grouping));
    JsonText.objects(json, "commands", sample.commands(), StatusText::write);
    json.writeStringField(
        "lag_unknown", sample.trouble() == null ? null : Redaction.redact(sample.trouble()));
  }

  private static void write(JsonGenerator json, Instance instance) throws IOException {
    json.writeStringField("host", instance.self().host());
    json.writeNumberField("process", instance.self().process());
    json.writeBooleanField("serving", instance.serving());
    json.writeStringField("grouping", grouping(instance));
    json.writeNumberField("tables", instance.owns().size());
    json.writeStringField("started_at", instance.startedAt().toString());
    json.writeBooleanField("late", instance.isLate());
    json.writeNumberField("heartbeat_age_seconds", instance.heartbeatAge().toMillis() / 1e3);
    json.writeStringField("version", instance.self().version());
  }

  private static void write(
      JsonGenerator json, Subscription table, StatusSample sample, Grouping grouping)
      throws IOException {
    SubscriptionList.write(json, table, grouping);
    Duration lag = sample.lag(table);
    number(json, "lag_seconds", lag == null ? null : lag.toMillis() / 1e3);
    number(json, "rows_per_second", sample.rate(table));
  }

  private static void number(JsonGenerator json, String name, @Nullable Double value)
      throws IOException {
    json.writeFieldName(name);
    if (value == null) {
      json.writeNull();
    } else {
      json.writeNumber(value);
    }
  }

  private static void write(JsonGenerator json, CommandRecord command) throws IOException {
    json.writeNumberField("id", command.id());
    json.writeStringField("command", command.command());
    json.writeStringField("status", Redaction.redact(command.status()));
    json.writeStringField("outcome", command.outcome().name().toLowerCase(Locale.ROOT));
    json.writeStringField("requested_at", command.requestedAt().toString());
    json.writeStringField("requested_by", command.requestedBy());
    json.writeStringField("started_at", text(command.startedAt()));
    json.writeStringField("finished_at", text(command.finishedAt()));
    json.writeStringField("step", command.step());
    json.writeNumberField("rows_done", command.rowsDone() == null ? 0 : command.rowsDone());
    json.writeStringField("detail", command.detail());
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
