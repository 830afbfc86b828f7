package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
    name = "apply-snapshot",
    header = "Apply a snapshot that is published already.",
    description = {
      "Applies a snapshot by its name, as list-snapshots shows it. Otherwise like the command snapshot: the table is created if it is"
          + " missing, and goes on from the snapshot's time.",
      "Refused where the broker no longer holds all changes since then, unless --force is given: those changes are then missing."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer apply-snapshot --name CREEK_snap_shop.public.orders.20250401101112_000001_a1b2 shop.public.orders:public.orders"
    })
final class ApplySnapshot implements ServerVerb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1",
      description = "db.namespace.table:target_namespace.target_table")
  private String argument = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      description = "The snapshot, as list-snapshots shows it.")
  private String name = "";

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "upsert",
      description = "upsert or clean. Default: ${DEFAULT-VALUE}.")
  private String modeName = "upsert";

  @Option(
      names = "--force",
      description = "Apply it even where changes since then are gone from the broker.")
  private boolean force;

  private Command.@Nullable ApplySnapshot command;

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    command =
        new Command.ApplySnapshot(name, Mapping.parse(argument), SnapshotMode.parse(modeName));
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    List<Command.ApplySnapshot> one = List.of(Objects.requireNonNull(command));
    return force
        ? CommandRun.run(configuration, around, one, Consumer::forceSnapshot)
        : CommandRun.run(configuration, around, one);
  }
}
