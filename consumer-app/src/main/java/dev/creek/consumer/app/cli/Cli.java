package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.ConfigFile;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.app.config.Setting.Topic;
import dev.creek.consumer.app.config.Settings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The whole command line: finds the verb, reads the configuration, runs it. Used once. */
public final class Cli {

  @Command(
      name = "creek-consumer",
      versionProvider = Version.class,
      mixinStandardHelpOptions = true,
      subcommands = HelpCommand.class,
      customSynopsis = "creek-consumer [OPTION]... COMMAND [ARGUMENT]...",
      description = {
        "%nKeeps tables of a PostgreSQL database in sync with tables of another one, whose "
            + "changes a Creek producer publishes on NATS JetStream.",
        "",
        "A MAPPING names a source table and its target:",
        "  db.namespace.table:target_namespace.target_table",
        "Double-quote a part that holds dots, colons or spaces.",
        "",
        "Every option has an environment variable, shown in brackets, and can be set in a file "
            + "(--config). The option overrides the variable, and the variable the file. Options can "
            + "stand before or after the command."
      },
      commandListHeading = "%nCommands (details: COMMAND --help):%n",
      footerHeading = "%nExamples:%n",
      footer = {
        "  export NATS_URI=nats://127.0.0.1:4222",
        "  export DB_URI=postgres://me:secret@127.0.0.1:5432/copy",
        "  creek-consumer resync shop.public.orders:public.orders",
        "  creek-consumer serve",
        "",
        "Exit codes: 0 done, 1 something failed, 2 wrong command line or configuration (nothing was done)."
      })
  private static final class Root {}

  /** Classes, not objects: only the verb that runs is made. */
  private static final List<Class<?>> VERBS =
      List.of(
          Serve.class,
          CreateSchemas.class,
          AddTables.class,
          RemoveTables.class,
          SetGroup.class,
          SetSchemaChanges.class,
          ListTables.class,
          ListSnapshots.class,
          TakeSnapshot.class,
          ApplySnapshot.class,
          Resync.class,
          Fill.class,
          Cancel.class,
          Status.class,
          Health.class,
          Check.class,
          SchemaDiff.class,
          Verify.class,
          Init.class,
          ShowConfig.class,
          Completion.class);

  /** Topics whose options only these verbs take. */
  private static final Map<Topic, Set<Class<?>>> FOR_FEW =
      Map.of(
          Topic.SERVE,
          Set.of(Serve.class, Health.class),
          Topic.SOURCE,
          Set.of(Check.class, SchemaDiff.class, Verify.class, CreateSchemas.class, Resync.class));

  /** A value may follow it, joined in any way. */
  private static final Pattern OPTION_NAME = Pattern.compile("--[a-z][a-z-]*|-[a-zA-Z]");

  /** The form of commands; other words may be the value of a misspelt option. */
  private static final Pattern WORD = Pattern.compile("[a-z]+(-[a-z]+)*");

  private final CliContext around;

  public Cli(CliContext around) {
    this.around = around;
  }

  /** Runs it; returns the exit code. */
  public int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  private CommandLine commandLine() {
    var root = new CommandLine(new Root());
    SettingOptions.addTo(root.getCommandSpec(), FOR_FEW.keySet());
    Examples.keepWhole(root.getCommandSpec());
    VERBS.forEach(verb -> root.addSubcommand(command(verb)));
    Terminal terminal = around.terminal();
    return root.setOut(terminal.out())
        .setErr(terminal.err())
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(terminal.colourOut() ? Ansi.ON : Ansi.OFF))
        .setParameterExceptionHandler(this::complain)
        .setExecutionStrategy(this::execute);
  }

  private static CommandLine command(Class<?> verb) {
    var command = new CommandLine(verb);
    CommandSpec spec = command.getCommandSpec();
    spec.mixinStandardHelpOptions(true).versionProvider(new Version());
    SettingOptions.addTo(spec, notFor(verb));
    String parameters =
        spec.positionalParameters().stream().map(Cli::shown).collect(Collectors.joining());
    spec.usageMessage()
        .customSynopsis("creek-consumer " + spec.name() + " [OPTION]..." + parameters);
    Examples.keepWhole(spec);
    return command;
  }

  private static Set<Topic> notFor(Class<?> verb) {
    return FOR_FEW.entrySet().stream()
        .filter(topic -> !topic.getValue().contains(verb))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static String shown(PositionalParamSpec parameter) {
    return " " + parameter.paramLabel() + (parameter.arity().max() > 1 ? "..." : "");
  }

  private int execute(ParseResult parsed) {
    Integer helped = CommandLine.executeHelpRequest(parsed);
    if (helped != null) {
      return helped;
    }
    CommandLine last = parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1);
    var settings =
        Settings.of(
            SettingOptions.given(parsed),
            around.environment(),
            ConfigFile.of(SettingOptions.file(parsed), around.environment()));
    try {
      return run(last, settings);
    } catch (ConfigurationException e) {
      return refuse(last, e.problems());
    } catch (RuntimeException e) {
      around.terminal().complain(Reason.of(e));
      return ExitCode.FAILED;
    }
  }

  private int run(CommandLine command, Settings settings) {
    if (command.getCommand() instanceof LocalVerb verb) {
      return verb.run(settings, around);
    }
    if (!(command.getCommand() instanceof ServerVerb verb)) {
      throw new ConfigurationException(List.of("no command is given"));
    }
    checkArguments(verb);
    var configuration =
        Start.with(
            settings,
            around,
            verb.needsBroker()
                ? Configuration.Need.BROKER_AND_DATABASE
                : Configuration.Need.DATABASE,
            verb instanceof Serve ? Configuration.Use.SERVICE : Configuration.Use.COMMAND);
    return verb.run(configuration, around);
  }

  private static void checkArguments(ServerVerb verb) {
    try {
      verb.checkArguments();
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(String.valueOf(e.getMessage()).lines().toList());
    }
  }

  private int refuse(CommandLine command, List<String> problems) {
    Terminal terminal = around.terminal();
    if (problems.size() == 1) {
      terminal.complain(problems.get(0));
    } else {
      terminal.complain(problems.size() + " problems:");
      problems.forEach(problem -> terminal.remark("  " + problem));
    }
    terminal.remark("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private int complain(ParameterException e, String[] arguments) {
    return refuse(e.getCommandLine(), List.of(described(e)));
  }

  /** An unrecognised argument may be a secret: only the name of an option is shown. */
  private static String described(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      String message = String.valueOf(e.getMessage());
      return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }
    String first = unmatched.getUnmatched().get(0);
    if (unmatched.isUnknownOption()) {
      Matcher name = OPTION_NAME.matcher(first);
      return "unknown option" + (name.lookingAt() ? " '" + name.group() + "'" : "");
    }
    boolean verbExpected = e.getCommandLine().getParent() == null;
    String similar =
        unmatched.getSuggestions().isEmpty()
            ? ""
            : "; did you mean " + unmatched.getSuggestions().get(0) + "?";
    return verbExpected
        ? "unknown command" + (WORD.matcher(first).matches() ? " '" + first + "'" : "") + similar
        : "there are too many arguments";
  }
}
