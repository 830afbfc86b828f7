package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.postgres.PostgresOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The option that names the source database, for commands that look at it. It is another server:
 * libpq's variables, which complete the target's URI, do not count.
 */
final class SourceDatabase {
  private static final String OPTION = "--source-uri";
  private static final String VARIABLE = "SOURCE_URI";

  @Option(
      names = OPTION,
      paramLabel = "URI",
      description =
          "Source database, e.g. postgres://me@host:5432/shop; a role that may read the tables is enough. ["
              + VARIABLE
              + "]")
  private @Nullable String uri;

  /** Null where it is not named. */
  @Nullable PostgresOptions optional(Surroundings around) {
    String given = uri != null ? uri : around.environment().get(VARIABLE);
    if (given == null || given.isBlank()) {
      return null;
    }
    try {
      return PostgresOptions.of(given);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(List.of(OPTION + ": " + e.getMessage()));
    }
  }
}
