package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import picocli.CommandLine;
import picocli.CommandLine.Option;

@CommandLine.Command(
    name = "snapshot",
    header = "Request new snapshots from the producer and apply them.",
    description = {
      "Asks the producer for a snapshot of each table and applies it, one table after the "
          + "other. A missing target table is created. A subscribed table continues after the "
          + "snapshot without missing a change, also while a service runs. If a table is not "
          + "subscribed, its position is kept for add-tables.",
      "Mode upsert writes the snapshot's rows into the table and keeps other rows. Mode clean "
          + "replaces all rows: readers see the old ones until the new ones are complete."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer snapshot shop.public.orders:public.orders",
      "  creek-consumer snapshot --mode clean shop.public.a:copy.a shop.public.b:copy.b"
    })
final class TakeSnapshot extends MappingsVerb {
  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "upsert",
      description = "upsert or clean. Default: ${DEFAULT-VALUE}.")
  private String modeName = "upsert";

  private SnapshotMode mode = SnapshotMode.UPSERT;

  @Override
  public void checkArguments() {
    mode = SnapshotMode.parse(modeName);
    super.checkArguments();
  }

  @Override
  Command.OfMapping command(Mapping mapping) {
    return new Command.TakeSnapshot(mapping, mode);
  }
}
