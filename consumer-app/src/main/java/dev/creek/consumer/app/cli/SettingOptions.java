package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.ConfigFile;
import dev.creek.consumer.app.config.Setting;
import dev.creek.consumer.app.config.Setting.Topic;
import java.io.File;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * The settings as options. Every command takes the global ones, so they can stand before or after
 * the verb; the last one counts. Their values stay text here: all of them are checked together
 * later.
 */
final class SettingOptions {
  private SettingOptions() {}

  /** Adds the options of all topics except these, and lets help show them by topic. */
  static void addTo(CommandSpec command, Set<Topic> without) {
    command.addOption(
        OptionSpec.builder(ConfigFile.OPTION)
            .type(File.class)
            .paramLabel("FILE")
            .description(
                "Settings file, with lines such as linger = 5ms. [" + ConfigFile.VARIABLE + "]")
            .build());
    for (Setting setting : Setting.values()) {
      if (!without.contains(setting.topic())) {
        command.addOption(option(setting));
      }
    }
    command
        .usageMessage()
        .sectionMap()
        .put(
            UsageMessageSpec.SECTION_KEY_OPTION_LIST,
            help -> command.parent() == null ? allTopics(help) : ownOptions(help, command));
  }

  private static OptionSpec option(Setting setting) {
    var option =
        OptionSpec.builder(setting.option())
            // Only for completion, which then lists files: values stay text.
            .type(setting.isFile() ? File.class : String.class)
            .paramLabel(setting.label())
            .description(described(setting));
    if (!setting.choices().isEmpty()) {
      option.completionCandidates(setting.choices());
    }
    return option.build();
  }

  private static String described(Setting setting) {
    String fallback = setting.fallback();
    return setting.description()
        + (fallback == null ? "" : " Default: " + fallback + ".")
        + " ["
        + setting.variable()
        + "]";
  }

  /** The given options, on any level of the command line. */
  static Map<Setting, String> given(ParseResult root) {
    var given = new EnumMap<Setting, String>(Setting.class);
    for (Setting setting : Setting.values()) {
      String value = given(root, setting.option());
      if (value != null) {
        given.put(setting, value);
      }
    }
    return given;
  }

  /** The name of the settings file, if the option was given. */
  static @Nullable String file(ParseResult root) {
    return given(root, ConfigFile.OPTION);
  }

  private static @Nullable String given(ParseResult root, String option) {
    String given = null;
    for (CommandLine level : root.asCommandLineList()) {
      if (level.getParseResult().hasMatchedOption(option)) {
        Object value = level.getParseResult().matchedOptionValue(option, "");
        given = value.toString();
      }
    }
    return given;
  }

  private static String allTopics(Help help) {
    var text = new StringBuilder(section(help, "Options", notSettings(help)));
    for (Topic topic : Topic.values()) {
      text.append(section(help, topic.title(), settings(help, topic)));
    }
    return text.toString();
  }

  /** A verb's help shows only its own options, and where to find the rest. */
  private static String ownOptions(Help help, CommandSpec command) {
    var own = notSettings(help);
    own.remove(help.commandSpec().findOption(ConfigFile.OPTION));
    return section(help, "Options", own)
        + section(help, Topic.SOURCE.title(), settings(help, Topic.SOURCE))
        + section(help, Topic.SERVE.title(), settings(help, Topic.SERVE))
        + help.createHeading(
            "%nAlso all options that " + command.root().name() + " --help shows.%n");
  }

  private static List<OptionSpec> settings(Help help, Topic topic) {
    var options = new ArrayList<OptionSpec>();
    for (Setting setting : Setting.values()) {
      OptionSpec option = help.commandSpec().findOption(setting.option());
      if (setting.topic() == topic && option != null) {
        options.add(option);
      }
    }
    return options;
  }

  private static List<OptionSpec> notSettings(Help help) {
    var options = new ArrayList<>(help.commandSpec().options());
    for (Topic topic : Topic.values()) {
      options.removeAll(settings(help, topic));
    }
    return options;
  }

  private static String section(Help help, String title, List<OptionSpec> options) {
    if (options.isEmpty()) {
      return "";
    }
    Help.Layout layout = help.createDefaultLayout();
    layout.addOptions(options, help.parameterLabelRenderer());
    return help.createHeading("%n" + title + ":%n") + layout;
  }
}
