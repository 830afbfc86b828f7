package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.config.Configuration;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

@CommandLine.Command(
    name = "resync",
    header = "Make tables equal to their source, whatever they hold now.",
    description = {
      "Takes a clean snapshot of each table, creates the table if it is missing, and subscribes "
          + "it. Afterwards the table holds what the source holds, and follows it. This ends a gap. "
          + "Readers see the old rows until the new ones are complete. If a service runs, it does the "
          + "work."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer resync shop.public.orders:public.orders",
      "  creek-consumer resync shop.public.a:copy.a shop.public.b:copy.b",
      "  creek-consumer resync --with constraints,indexes --source-uri postgres://me@source/shop shop.public.a:copy.a shop.public.b:copy.b"
    })
final class Resync extends MappingsVerb {
  @Mixin private final GroupOption group = new GroupOption();

  @Mixin private final WithOption with = new WithOption();

  @Override
  public void checkArguments() {
    super.checkArguments();
    group.check();
    with.check();
  }

  @Override
  Command.OfMapping command(Mapping mapping) {
    return new Command.Resync(mapping, group.name());
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return run(configuration, around, with);
  }
}
