package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import picocli.CommandLine;

@CommandLine.Command(
    name = "resync",
    header = "Make tables equal to their source, whatever they are now.",
    description = {
      "Takes a clean snapshot of each table, which creates it where it is missing, and subscribes it: it holds then what the source"
          + " holds, and follows it. Heals a gap. Readers see the old rows until the new ones are complete; a service that runs"
          + " hands the table over for that long."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer resync shop.public.orders:public.orders",
      "  creek-consumer resync shop.public.a:copy.a shop.public.b:copy.b"
    })
final class Resync extends MappingsVerb {

  @Override
  Command command(Mapping mapping) {
    return new Command.Resync(mapping);
  }
}
