package dev.creek.consumer.app.cli;

import dev.creek.consumer.control.Command;
import dev.creek.consumer.control.Mapping;
import picocli.CommandLine;

@CommandLine.Command(
    name = "add-tables",
    header = "Subscribe tables: apply their changes from now on.",
    description = {
      "Subscribes tables. A running service picks them up at once; without one, the next serve does.",
      "A table that was removed before goes on where it stopped. Run create-schemas first where the target table does not exist."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer add-tables shop.public.orders:public.orders",
      "  creek-consumer add-tables shop.public.a:public.a shop.public.b:sales.b",
      "  creek-consumer add-tables 'shop.\"My Schema\".\"a.b\":public.ab'"
    })
final class AddTables extends MappingsVerb {

  @Override
  Command command(Mapping mapping) {
    return new Command.AddTable(mapping);
  }

  @Override
  public boolean needsBroker() {
    return false;
  }
}
