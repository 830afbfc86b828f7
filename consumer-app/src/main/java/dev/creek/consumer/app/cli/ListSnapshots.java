package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.text.JsonText;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Command(
    name = "list-snapshots",
    header = "Show a table's snapshots that the broker holds.",
    description = {
      "Shows the snapshots of source tables that the broker still holds, oldest first: name, when it was published, how many rows,"
          + " and whether it has its end. One without is being published now, or its producer died.",
      "Exit code 1 where the broker holds nothing at all of a table: its name may be wrong."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer list-snapshots shop.public.orders",
      "  creek-consumer list-snapshots --json shop.public.orders | jq -r 'map(select(.complete)) | last | .name'"
    })
final class ListSnapshots implements ServerVerb {
  @Parameters(paramLabel = "SOURCE", arity = "1..*", description = "db.namespace.table")
  private List<String> arguments = List.of();

  @Option(names = "--json", description = "One JSON array, for programs.")
  private boolean json;

  private List<SourceTable> tables = List.of();

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    tables = EachArgument.parse(arguments, SourceTable::parse);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            Flux.fromIterable(tables)
                .concatMap(table -> snapshots(consumer, table, around.terminal()))
                .collectList()
                .map(found -> print(found, around.terminal())));
  }

  /** Snapshots known of one table; an empty list of a table that nobody has is no answer. */
  private record Listed(List<PublishedSnapshot> snapshots, boolean known) {}

  private static Mono<Listed> snapshots(Consumer consumer, SourceTable table, Terminal terminal) {
    return consumer
        .snapshots(table)
        .collectList()
        .flatMap(
            found ->
                found.isEmpty()
                    ? consumer
                        .look(table)
                        .doOnNext(seen -> complainUnlessPublished(seen, terminal))
                        .map(seen -> new Listed(found, seen.published()))
                    : Mono.just(new Listed(found, true)))
        .onErrorResume(
            error -> {
              terminal.complain(table + ": " + Reason.of(error));
              return Mono.just(new Listed(List.of(), false));
            });
  }

  private static void complainUnlessPublished(SourceSighting seen, Terminal terminal) {
    if (!seen.published()) {
      String suggestion = seen.suggestion();
      terminal.complain(
          seen.source()
              + ": the broker holds no change, schema or snapshot of it (hint: "
              + (suggestion == null ? "" : suggestion + " Else ")
              + "check the name, which is case-sensitive; of a table that nobody changes creek-consumer resync takes a"
              + " first snapshot)");
    }
  }

  private int print(List<Listed> all, Terminal terminal) {
    List<PublishedSnapshot> found =
        all.stream().flatMap(listed -> listed.snapshots().stream()).toList();
    boolean known = all.stream().allMatch(Listed::known);
    if (known || !found.isEmpty()) {
      terminal.print(json ? json(found) : text(found, terminal.colourOut()));
    }
    return known ? ExitCode.OK : ExitCode.FAILED;
  }

  private static String text(List<PublishedSnapshot> found, boolean colour) {
    var table = new TextTable("Name", "Published", "Rows", "State");
    for (PublishedSnapshot snapshot : found) {
      table.row(
          snapshot.complete() ? TextTable.Tone.PLAIN : TextTable.Tone.ATTENTION,
          snapshot.subject(),
          snapshot.publishedAt().toString(),
          Amount.of(snapshot.rows()),
          snapshot.complete() ? "complete" : "incomplete");
    }
    return table.render(colour);
  }

  private static String json(List<PublishedSnapshot> found) {
    return JsonText.INDENTED.array(
        found,
        (json, snapshot) -> {
          json.writeStringField("name", snapshot.subject());
          json.writeStringField("published_at", snapshot.publishedAt().toString());
          json.writeNumberField("rows", snapshot.rows());
          json.writeNumberField("messages", snapshot.messages());
          json.writeBooleanField("complete", snapshot.complete());
        });
  }
}
