package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.app.config.Configuration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

@Command(
    name = "schema-diff",
    header = "Show how target tables differ from their sources, as SQL that ends it.",
    description = {
      "Compares each target table with the newest schema that the producer has published, and "
          + "prints a script for psql: for each difference a comment with what differs and what the "
          + "statement locks, and the statement. A statement that loses something or that has several "
          + "meanings is printed as a comment: dropping a column that is gone from the source, and "
          + "what looks like a rename.",
      "With --apply it runs the statements that are not comments, in one transaction for each table. "
          + "It waits for locks for a moment only, and tries again for half a minute.",
      "With --source-uri, also what the target lacks of the source's defaults, constraints, indexes "
          + "and comments, which the producer does not publish."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer schema-diff shop.public.orders:public.orders",
      "  creek-consumer schema-diff shop.public.orders:public.orders | psql copy",
      "  creek-consumer schema-diff --apply shop.public.orders:public.orders",
      "  creek-consumer schema-diff --source-uri postgres://me@source/shop shop.public.orders:public.orders"
    })
final class SchemaDiff implements ServerVerb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  @Option(names = "--apply", description = "Also run the statements.")
  private boolean apply;

  private List<Mapping> mappings = List.of();

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    DatabaseOptions source = configuration.source();
    if (source != null) {
      WithOption.requireOneSource("schema-diff", mappings);
    }
    return WithConsumer.run(
        configuration, around, consumer -> run(consumer, source, around.terminal()));
  }

  private Mono<Integer> run(
      Consumer consumer, @Nullable DatabaseOptions source, Terminal terminal) {
    var found = new LinkedHashMap<Mapping, List<SchemaDifference>>();
    return EachArgument.run(mappings, mapping -> one(consumer, mapping, found), terminal)
        .flatMap(
            code ->
                source == null || found.isEmpty()
                    ? Mono.just(code)
                    : definitions(consumer, source, found, terminal)
                        .map(then -> Math.max(code, then)));
  }

  /** Parts that only the source's catalog has, of the tables that could be compared. */
  private Mono<Integer> definitions(
      Consumer consumer,
      DatabaseOptions source,
      Map<Mapping, List<SchemaDifference>> found,
      Terminal terminal) {
    if (apply) {
      return SchemaCopyReport.print(consumer.copyDefinitions(found, source), terminal);
    }
    return consumer
        .definitionDifferences(found, source)
        .collectList()
        .doOnNext(all -> terminal.print(DefinitionDifference.script(all)))
        .thenReturn(ExitCode.OK)
        .onErrorResume(
            error -> {
              terminal.complain("definitions of the source: " + Reason.of(error));
              return Mono.just(ExitCode.FAILED);
            });
  }

  private Mono<String> one(
      Consumer consumer, Mapping mapping, Map<Mapping, List<SchemaDifference>> found) {
    return consumer
        .differences(mapping)
        .collectList()
        .delayUntil(all -> apply ? end(consumer, mapping, all) : Mono.empty())
        .doOnNext(all -> found.put(mapping, all))
        .map(all -> SchemaDifference.script(mapping, all) + (apply ? ended(all) : ""));
  }

  private static Mono<Void> end(
      Consumer consumer, Mapping mapping, List<SchemaDifference> differences) {
    List<SchemaDifference> clear = clear(differences);
    return clear.isEmpty() ? Mono.empty() : consumer.end(mapping, clear);
  }

  private static String ended(List<SchemaDifference> differences) {
    int done = clear(differences).size();
    int left = differences.size() - done;
    return differences.isEmpty()
        ? ""
        : System.lineSeparator() + "-- done: %d; left to you: %d".formatted(done, left);
  }

  private static List<SchemaDifference> clear(List<SchemaDifference> differences) {
    return differences.stream().filter(SchemaDifference::isUnambiguous).toList();
  }
}
