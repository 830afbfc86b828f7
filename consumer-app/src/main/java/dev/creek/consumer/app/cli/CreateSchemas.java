package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import picocli.CommandLine;

@CommandLine.Command(
    name = "create-schemas",
    header = "Create target tables like the source's.",
    description = {
      "Creates each target table, and its schema, from the newest schema that the producer has published: columns, types, primary"
          + " key, NOT NULL of the key.",
      "Where none has been published, as of a table that nobody has changed, the producer is asked for a snapshot, whose header tells it:"
          + " it then publishes the whole table.",
      "A table that exists and fits is left alone; one that does not fit is an error that names the differences."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer create-schemas shop.public.orders:public.orders",
      "  creek-consumer create-schemas shop.public.a:copy.a shop.public.b:copy.b"
    })
final class CreateSchemas extends MappingsVerb {

  @Override
  Command command(Mapping mapping) {
    return new Command.CreateSchema(mapping);
  }
}
