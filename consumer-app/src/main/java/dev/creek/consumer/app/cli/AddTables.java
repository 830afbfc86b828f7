package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.StartFrom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

@CommandLine.Command(
    name = "add-tables",
    header = "Subscribe tables: apply their changes.",
    description = {
      "Subscribes tables. A running service picks them up at once; without one, the next serve does.",
      "A table that was removed before goes on where it stopped. Any other begins with the first change that the stream still holds, or with what --from says; rows of before come with a snapshot. Run create-schemas first where the target table does not exist."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer add-tables shop.public.orders:public.orders",
      "  creek-consumer add-tables shop.public.a:public.a shop.public.b:sales.b",
      "  creek-consumer add-tables 'shop.\"My Schema\".\"a.b\":public.ab'"
    })
final class AddTables extends MappingsVerb {
  @Option(
      names = "--from",
      paramLabel = "START",
      description =
          "What a table begins with that has no position yet: now, beginning (of what the stream holds), or a time of the source's, such as 2026-11-29T15:00:00Z.")
  private @Nullable String from;

  private @Nullable StartFrom start;

  @Override
  public void checkArguments() {
    super.checkArguments();
    start = from == null ? null : StartFrom.parse(from);
  }

  @Override
  Command command(Mapping mapping) {
    StartFrom given = start;
    return given == null ? new Command.AddTable(mapping) : new Command.AddTableFrom(mapping, given);
  }

  @Override
  public boolean needsBroker() {
    return from != null;
  }
}
