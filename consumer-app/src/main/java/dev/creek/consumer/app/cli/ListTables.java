package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

@Command(
    name = "list-tables",
    header = "Show the subscriptions, and how far each table is.",
    description = {
      "Shows all subscriptions, removed ones too: source and target, whether it is active, its "
          + "state, the source's LSN and commit time of the last change applied, and the reason if it "
          + "is stuck."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer list-tables",
      "  creek-consumer list-tables --json | jq -r '.[] | select(.state == \"failed\") | .target'"
    })
final class ListTables implements ServerVerb {
  @Option(names = "--json", description = "One JSON array, for programs.")
  private boolean json;

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            consumer
                .subscriptions()
                .collectList()
                .doOnNext(found -> print(found, configuration.grouping(), around.terminal()))
                .then(Mono.just(ExitCode.OK)));
  }

  private void print(List<Subscription> found, Grouping grouping, Terminal terminal) {
    terminal.print(
        json
            ? SubscriptionList.json(found, grouping)
            : SubscriptionList.text(found, grouping, terminal.colourOut()));
  }
}
