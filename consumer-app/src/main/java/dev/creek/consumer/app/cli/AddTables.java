package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Setting;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;

@CommandLine.Command(
    name = "add-tables",
    header = "Subscribe tables: apply their changes.",
    description = {
      "Subscribes tables. A running service picks them up at once; without one, the next serve does.",
      "A table that was removed before continues where it stopped. Any other table begins with "
          + "the first change that the stream still holds, or where --from says; older rows come with "
          + "a snapshot. If the target table does not exist, run create-schemas first.",
      "--schema-changes POLICY, given here, is the tables' own policy from their first change on; "
          + "set-schema-changes changes it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer add-tables shop.public.orders:public.orders",
      "  creek-consumer add-tables shop.public.a:public.a shop.public.b:sales.b",
      "  creek-consumer add-tables --group orders shop.public.orders:public.orders shop.public.lines:public.lines",
      "  creek-consumer add-tables --schema-changes add shop.public.orders:public.orders",
      "  creek-consumer add-tables 'shop.\"My Schema\".\"a.b\":public.ab'"
    })
final class AddTables extends MappingsVerb {
  @Option(
      names = "--from",
      paramLabel = "START",
      description =
          "Where a table without a position begins: now, beginning (of the stream), or a time by "
              + "the source's clock, such as 2026-11-29T15:00:00Z.")
  private @Nullable String from;

  @Mixin private final GroupOption group = new GroupOption();

  @Spec private @Nullable CommandSpec spec;

  private @Nullable StartFrom start;
  private @Nullable SchemaPolicy policy;

  @Override
  public void checkArguments() {
    super.checkArguments();
    start = from == null ? null : StartFrom.parse(from);
    group.check();
    policy = policyGiven();
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    SchemaPolicy given = policy;
    return given == null
        ? super.run(configuration, around)
        : CommandRun.run(
            configuration, around, commands(), (consumer, add) -> add(consumer, add, given));
  }

  /** From the command line only: the environment's is the service's, and no table's own. */
  private @Nullable SchemaPolicy policyGiven() {
    ParseResult all = Objects.requireNonNull(spec).root().commandLine().getParseResult();
    String given = SettingOptions.given(all).get(Setting.SCHEMA_CHANGES);
    return given == null ? null : SetSchemaChanges.policy(given);
  }

  /** It counts from the table's first change on. */
  private static Flux<CommandStep> add(
      Consumer consumer, Command.OfMapping add, SchemaPolicy policy) {
    return consumer
        .setSchemaChanges(add.mapping(), policy)
        .thenMany(Flux.defer(() -> consumer.carryOut(add)));
  }

  @Override
  Command.OfMapping command(Mapping mapping) {
    StartFrom given = start;
    return given == null
        ? new Command.AddTable(mapping, group.name())
        : new Command.AddTableFrom(mapping, given, group.name());
  }

  @Override
  public boolean needsBroker() {
    return from != null;
  }
}
