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
      "Asks the producer for a snapshot of each table and applies it, one table after the other. The target table is created if it"
          + " is missing. A subscribed table goes on from there without missing a change, also while a service runs; of one that is"
          + " not subscribed the position is kept for add-tables.",
      "Mode upsert writes the snapshot's rows into the table and lets other rows be. Mode clean replaces all rows: readers see the"
          + " old ones until the new ones are complete."
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
  Command command(Mapping mapping) {
    return new Command.TakeSnapshot(mapping, mode);
  }
}
