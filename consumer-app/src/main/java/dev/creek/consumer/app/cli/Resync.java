package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.SnapshotMode;
import dev.creek.consumer.control.SnapshotProgress;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Command(
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
final class Resync implements Verb {
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
    return SnapshotRun.run(configuration, around, mappings, Resync::resync);
  }

  /** Subscribed afterwards: the snapshot leaves the position from which to follow. */
  private static Flux<SnapshotProgress> resync(Consumer consumer, Mapping mapping) {
    return consumer
        .snapshot(mapping, SnapshotMode.CLEAN)
        .concatWith(Mono.defer(() -> consumer.addTable(mapping)).then(Mono.empty()));
  }
}
