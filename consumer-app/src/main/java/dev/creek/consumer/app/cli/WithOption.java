package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.ConfigurationException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** The option of verbs that also create what only the source's catalog has. */
final class WithOption {
  @Option(
      names = "--with",
      paramLabel = "PART",
      split = ",",
      description =
          "Afterwards, also create what the source has of these: constraints (foreign keys, unique, "
              + "exclusion, checks, NOT NULL), indexes, defaults (also identity columns and "
              + "sequences), comments. Needs --source-uri. What the target has stays as it is.")
  private List<String> given = List.of();

  private Set<SchemaPart> parts = Set.of();

  /** Refuses parts that do not exist. */
  void check() {
    parts = EnumSet.noneOf(SchemaPart.class);
    parts.addAll(EachArgument.parse(given, WithOption::part));
  }

  private static SchemaPart part(String text) {
    for (SchemaPart part : SchemaPart.values()) {
      if (part.name().toLowerCase(Locale.ROOT).equals(text.strip().toLowerCase(Locale.ROOT))) {
        return part;
      }
    }
    throw new IllegalArgumentException(
        "--with '" + text + "': none of constraints, indexes, defaults, comments");
  }

  /** Refuses parts of a source that is not named, and tables of several sources. */
  void check(Configuration configuration, List<Mapping> mappings) {
    if (parts.isEmpty()) {
      return;
    }
    if (configuration.source() == null) {
      throw new ConfigurationException(
          List.of("--with needs the source database: give --source-uri or set SOURCE_URI"));
    }
    requireOneSource("--with", mappings);
  }

  /** Refuses tables of several sources to what reads the one that is named. */
  static void requireOneSource(String what, List<Mapping> mappings) {
    if (mappings.stream().map(mapping -> mapping.source().database()).distinct().count() > 1) {
      throw new ConfigurationException(
          List.of(what + " takes tables of one source database at a time: --source-uri names one"));
    }
  }

  /** Creates them and prints what became of each; returns the exit code. */
  Mono<Integer> create(
      Consumer consumer, Configuration configuration, List<Mapping> mappings, Terminal terminal) {
    DatabaseOptions source = configuration.source();
    if (parts.isEmpty() || source == null || mappings.isEmpty()) {
      return Mono.just(ExitCode.OK);
    }
    return SchemaCopyReport.print(consumer.copyDefinitions(mappings, source, parts), terminal);
  }
}
