package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Setting;
import dev.creek.consumer.app.config.Settings;
import dev.creek.consumer.app.config.Settings.Origin;
import dev.creek.consumer.app.config.Settings.Value;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "config",
    header = "Show the settings in effect, and where each is set.",
    description = {
      "Shows every setting as serve would see it with this command line, environment and file, "
          + "without secrets, and where it is set. Connects to no server.",
      "Exit code 2 if serve could not run with them; the reason is printed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer config",
      "  creek-consumer config --config /etc/creek-consumer.properties",
      "  creek-consumer config --json | jq -r '.[] | select(.origin != \"default\") | .setting'"
    })
final class ShowConfig implements LocalVerb {
  @Option(names = "--json", description = "One JSON array, for programs.")
  private boolean json;

  @Override
  public int run(Settings settings, CliContext around) {
    Terminal terminal = around.terminal();
    terminal.print(json ? json(settings) : text(settings, terminal.colourOut()));
    Start.with(settings, around, Configuration.Need.BROKER_AND_DATABASE, Configuration.Use.COMMAND);
    return ExitCode.OK;
  }

  private static String text(Settings settings, boolean colour) {
    var table = new TextTable("Setting", "Value", "Set by");
    for (Setting setting : Setting.values()) {
      Value value = settings.find(setting);
      table.row(
          value == null || value.origin() == Origin.DEFAULT
              ? TextTable.Tone.FAINT
              : TextTable.Tone.PLAIN,
          setting.key(),
          value == null ? "-" : setting.shown(value.text()),
          value == null ? "-" : setBy(value));
    }
    return table.render(colour);
  }

  private static String setBy(Value value) {
    return value.origin() == Origin.DEFAULT ? "default" : value.place();
  }

  private static String json(Settings settings) {
    return JsonText.INDENTED.array(
        List.of(Setting.values()),
        (json, setting) -> {
          json.writeStringField("setting", setting.key());
          write(json, settings.find(setting));
        });
  }

  private static void write(JsonGenerator json, @Nullable Value value) throws IOException {
    json.writeStringField("value", value == null ? null : value.setting().shown(value.text()));
    json.writeStringField(
        "origin", value == null ? null : value.origin().name().toLowerCase(Locale.ROOT));
    json.writeStringField(
        "place", value == null || value.origin() == Origin.DEFAULT ? null : value.place());
  }
}
