package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.control.Mapping;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "create-schemas",
    header = "Create target tables like the source's.",
    description = {
      "Creates each target table, and its schema, from the newest schema that the producer has published: columns, types, primary"
          + " key, NOT NULL of the key.",
      "A table that exists and fits is left alone; one that does not fit is an error that names the differences."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer create-schemas shop.public.orders:public.orders",
      "  creek-consumer create-schemas shop.public.a:copy.a shop.public.b:copy.b"
    })
final class CreateSchemas implements Verb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  private List<Mapping> mappings = List.of();

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
  }

  @Override
  public int run(Configuration configuration, Surroundings around) {
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            EachArgument.run(
                mappings,
                mapping -> consumer.createTable(mapping).map(created -> told(mapping, created)),
                around.terminal()));
  }

  private static String told(Mapping mapping, boolean created) {
    return mapping + (created ? ": created" : ": exists already and fits");
  }
}
