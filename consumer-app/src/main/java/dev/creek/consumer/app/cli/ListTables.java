package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

@Command(
    name = "list-tables",
    header = "Show what is subscribed, and how far it is.",
    description = {
      "Shows all subscriptions, removed ones too: where each table comes from and goes to, whether it is active, its state, the"
          + " source's LSN and commit time of the last change applied, and why it is stuck if it is."
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
                .doOnNext(found -> print(found, around.terminal()))
                .then(Mono.just(ExitCode.OK)));
  }

  private void print(List<Subscription> found, Terminal terminal) {
    terminal.print(
        json ? SubscriptionList.json(found) : SubscriptionList.text(found, terminal.colourOut()));
  }
}
