package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.config.Configuration;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

@CommandLine.Command(
    name = "create-schemas",
    header = "Create target tables that match the source tables.",
    description = {
      "Creates each target table, and its schema, from the newest schema that the producer has published: columns, types, primary"
          + " key, NOT NULL of the key.",
      "If none is published, because the table has not changed yet, the command asks the "
          + "producer for a snapshot and takes the schema from its header. The producer then "
          + "publishes the whole table.",
      "A table that exists and fits stays as it is; one that does not fit is an error that "
          + "names the differences.",
      "Constraints, indexes, defaults and comments come with --with: run it once the rows are there."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer create-schemas shop.public.orders:public.orders",
      "  creek-consumer create-schemas shop.public.a:copy.a shop.public.b:copy.b",
      "  creek-consumer create-schemas --with constraints,indexes,defaults --source-uri postgres://me@source/shop shop.public.orders:public.orders"
    })
final class CreateSchemas extends MappingsVerb {
  @Mixin private final WithOption with = new WithOption();

  @Override
  public void checkArguments() {
    super.checkArguments();
    with.check();
  }

  @Override
  Command.OfMapping command(Mapping mapping) {
    return new Command.CreateSchema(mapping);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return run(configuration, around, with);
  }
}
