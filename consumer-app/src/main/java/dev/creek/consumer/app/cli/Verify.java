package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.app.config.DurationText;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Command(
    name = "verify",
    header = "Compare source tables with their targets, row by row.",
    description = {
      "Reads both tables once, as hashes, and looks at rows that differ again until they are equal or the patience ends: so it is"
          + " safe on tables in use, and a row that is only late is not a difference. Says how many rows there are, and the keys of"
          + " rows that differ. Columns that only one side has are named, not compared.",
      "Without --source-uri a fresh snapshot is requested and loaded into a table beside the target, which the running service"
          + " keeps up to date until the comparison ends and which is then removed.",
      "With --repair, rows that still differ are written anew from the source; the table's service may go on meanwhile.",
      "A table that was marked as incomplete and is found equal is so no longer.",
      "Exit code 1 if a table differs."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer verify --source-uri postgres://me@source/shop shop.public.orders:public.orders",
      "  SOURCE_URI=postgres://me@source/shop creek-consumer verify --json shop.public.orders:public.orders",
      "  creek-consumer verify shop.public.orders:public.orders",
      "  creek-consumer verify --repair --source-uri postgres://me@source/shop shop.public.orders:public.orders"
    })
final class Verify implements ServerVerb {
  private static final Duration LONGEST_PATIENCE = Duration.ofDays(1);

  /** For giving a snapshot up in order, and removing what was loaded. */
  private static final Duration GRACE = Duration.ofSeconds(8);

  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  @Option(
      names = "--patience",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "How long rows that differ are looked at again, e.g. 30s or 5m; 0 for not at all. Default:"
              + " ${DEFAULT-VALUE}.")
  private String timeout = "30s";

  @Option(
      names = "--most",
      paramLabel = "COUNT",
      defaultValue = "100",
      description = "Differing rows that are told, at most. Default: ${DEFAULT-VALUE}.")
  private int most;

  @Option(
      names = "--repair",
      description = "Write rows that differ anew from the source; only with --source-uri.")
  private boolean repair;

  @Option(names = "--json", description = "One JSON array, for programs.")
  private boolean json;

  private List<Mapping> mappings = List.of();
  private Verification.Options options = Verification.Options.DEFAULT;

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
    options = new Verification.Options(timeout(), most);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    DatabaseOptions from = configuration.source();
    if (from == null) {
      checkWithoutSource(configuration);
    }
    Sinks.Empty<Void> stop = Sinks.empty();
    around.signals().listen(name -> stop.tryEmitEmpty());
    return WithConsumer.run(
        configuration,
        around,
        consumer -> {
          Mono<Void> stopping = stop.asMono().then(Mono.defer(() -> consumer.stop(GRACE)));
          return Flux.merge(
                  verify(consumer, from, stop.asMono(), around),
                  stopping.then(Mono.<Integer>never()))
              .next();
        });
  }

  private Duration timeout() {
    try {
      return DurationText.parse(timeout, LONGEST_PATIENCE);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--patience '" + timeout + "': " + e.getMessage(), e);
    }
  }

  private void checkWithoutSource(Configuration configuration) {
    if (repair) {
      throw new ConfigurationException(
          List.of("--repair needs the source database: give --source-uri or set SOURCE_URI"));
    }
    if (configuration.broker() == null) {
      throw new ConfigurationException(
          List.of(
              "neither the source database (--source-uri, SOURCE_URI) nor NATS (--nats-uri,"
                  + " NATS_URI) is named: one of them must tell what the source holds"));
    }
  }

  private Mono<Integer> verify(
      Consumer consumer, @Nullable DatabaseOptions source, Mono<Void> stopped, CliContext around) {
    return Flux.fromIterable(mappings)
        .takeUntilOther(stopped)
        .concatMap(mapping -> outcome(consumer, mapping, source, stopped), 1)
        .collectList()
        .map(outcomes -> VerificationReport.print(outcomes, json, around.terminal()));
  }

  private Mono<VerificationReport.Outcome> outcome(
      Consumer consumer, Mapping mapping, @Nullable DatabaseOptions source, Mono<Void> stopped) {
    return compared(consumer, mapping, source, stopped)
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("stopped")))
        .map(found -> new VerificationReport.Outcome(mapping, found, null))
        .onErrorResume(
            error -> Mono.just(new VerificationReport.Outcome(mapping, null, Reason.of(error))));
  }

  private Mono<Verification> compared(
      Consumer consumer, Mapping mapping, @Nullable DatabaseOptions source, Mono<Void> stopped) {
    if (source == null) {
      return consumer.verify(mapping, options);
    }
    Mono<Verification> withSource =
        repair
            ? consumer.repair(mapping, source, options)
            : consumer.verify(mapping, source, options);
    return withSource.takeUntilOther(stopped);
  }
}
