package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Command(
    name = "check",
    header = "Look at everything that a run needs, and change nothing.",
    description = {
      "Looks at both servers, the streams and their limits, the control schema, and each table: whether its schema is known, the"
          + " target fits it, and the role has the privileges. Without mappings it looks at all tables that are subscribed. With"
          + " --source-uri it tells what the producer cannot carry, too.",
      "Each finding is ok, a warning (works, but) or a problem (will not work), with what helps. Exit code 1 if there is a problem."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer check",
      "  creek-consumer check shop.public.orders:public.orders",
      "  creek-consumer check --source-uri postgres://me@source/shop shop.public.orders:public.orders",
      "  creek-consumer check --json | jq -r '.[] | select(.level != \"ok\") | .fix'"
    })
final class Check implements ServerVerb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "0..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  @Option(names = "--json", description = "One JSON array, for programs.")
  private boolean json;

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
    return WithConsumer.run(
        configuration,
        around,
        consumer -> print(consumer.check(mappings, configuration.source()), around.terminal()));
  }

  private Mono<Integer> print(Flux<Finding> findings, Terminal terminal) {
    // For people as they come: a server that is away takes its time.
    Flux<Finding> shown =
        json
            ? findings
            : findings.doOnNext(f -> terminal.print(FindingList.text(f, terminal.colourOut())));
    return shown
        .collectList()
        .doOnNext(all -> terminal.print(json ? FindingList.json(all) : FindingList.summary(all)))
        .map(Check::exitCode);
  }

  private static int exitCode(List<Finding> findings) {
    return findings.stream().anyMatch(f -> f.level() == Finding.Level.PROBLEM)
        ? ExitCode.FAILED
        : ExitCode.OK;
  }
}
