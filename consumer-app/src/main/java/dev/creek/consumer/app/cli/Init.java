package dev.creek.consumer.app.cli;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.app.config.Setting;
import dev.creek.consumer.app.config.Settings;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

@Command(
    name = "init",
    header = "Create the control schema now, or print the SQL for it.",
    description = {
      "Creates the schema of the consumer's own tables and functions, or upgrades it and keeps "
          + "its content. serve does the same when it starts.",
      "With --print-sql it connects to no server and prints what an administrator must run in "
          + "advance, as one transaction that can be run repeatedly. The service then needs no "
          + "privilege to create anything. check prints the grants on the target tables."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer init",
      "  creek-consumer init --print-sql --role creek | psql -v ON_ERROR_STOP=1 copy",
      "  creek-consumer init --print-sql --role creek --users operators > control.sql"
    })
final class Init implements LocalVerb {
  @Option(names = "--print-sql", description = "Print the SQL, and do nothing else.")
  private boolean printSql;

  @Option(
      names = "--role",
      paramLabel = "NAME",
      description =
          "With --print-sql: the role that the service runs as; the SQL grants it what it needs.")
  private @Nullable String role;

  @Option(
      names = "--users",
      paramLabel = "NAME",
      description = "With --print-sql: a role that may call the functions and read their results.")
  private @Nullable String users;

  @Override
  public int run(Settings settings, CliContext around) {
    if (printSql) {
      around.terminal().print(sql(settings));
      return ExitCode.OK;
    }
    if (role != null || users != null) {
      throw new ConfigurationException(List.of("--role and --users need --print-sql"));
    }
    return WithConsumer.run(
        Start.with(settings, around, Configuration.Need.DATABASE, Configuration.Use.COMMAND),
        around,
        consumer ->
            consumer
                .initialize()
                .then(
                    Mono.fromSupplier(
                        () -> {
                          around.terminal().print("control schema: up to date");
                          return ExitCode.OK;
                        })));
  }

  private String sql(Settings settings) {
    String namespace = Objects.requireNonNull(settings.find(Setting.DB_NAMESPACE)).text();
    try {
      return CreekConsumer.controlSql(namespace.strip(), users, role).stripTrailing();
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(List.of(String.valueOf(e.getMessage())));
    }
  }
}
