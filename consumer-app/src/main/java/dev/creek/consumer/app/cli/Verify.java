package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.Verification;
import dev.creek.consumer.postgres.PostgresOptions;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Command(
    name = "verify",
    header = "Compare source tables with their targets, row by row.",
    description = {
      "Reads both tables once, as hashes, and looks at rows that differ again until they are equal or the patience ends: so it is"
          + " safe on tables in use, and a row that is only late is not a difference. Says how many rows there are, and the keys of"
          + " rows that differ. Columns that only one side has are named, not compared.",
      "With --repair, rows that still differ are written anew from the source; the table's service may go on meanwhile.",
      "Exit code 1 if a table differs."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer verify --source-uri postgres://me@source/shop shop.public.orders:public.orders",
      "  SOURCE_URI=postgres://me@source/shop creek-consumer verify --json shop.public.orders:public.orders",
      "  creek-consumer verify --repair --source-uri postgres://me@source/shop shop.public.orders:public.orders"
    })
final class Verify implements Verb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long rows that differ are looked at again. Default: ${DEFAULT-VALUE}.")
  private long patience;

  @Option(
      names = "--most",
      paramLabel = "COUNT",
      defaultValue = "100",
      description = "Differing rows that are told, at most. Default: ${DEFAULT-VALUE}.")
  private int most;

  @Option(names = "--repair", description = "Write rows that differ anew from the source.")
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
    options = new Verification.Options(Duration.ofSeconds(patience), most, repair);
  }

  @Override
  public int run(Configuration configuration, Surroundings around) {
    PostgresOptions from = configuration.source();
    if (from == null) {
      throw new ConfigurationException(
          List.of("the source database is not named: give --source-uri or set SOURCE_URI"));
    }
    return WithConsumer.run(configuration, around, consumer -> verify(consumer, from, around));
  }

  private Mono<Integer> verify(Consumer consumer, PostgresOptions source, Surroundings around) {
    return Flux.fromIterable(mappings)
        .concatMap(mapping -> outcome(consumer, mapping, source), 1)
        .collectList()
        .map(outcomes -> VerificationReport.print(outcomes, json, around.terminal()));
  }

  private Mono<VerificationReport.Outcome> outcome(
      Consumer consumer, Mapping mapping, PostgresOptions source) {
    return consumer
        .verify(mapping, source, options)
        .map(found -> new VerificationReport.Outcome(mapping, found, null))
        .onErrorResume(
            error -> Mono.just(new VerificationReport.Outcome(mapping, null, Reason.of(error))));
  }
}
