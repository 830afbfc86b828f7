package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

@Command(
    name = "set-schema-changes",
    header = "Say what is done when the source's tables get other columns, types or keys.",
    description = {
      "Gives subscribed tables a policy of their own. stop: the table stops, with the statements to run. "
          + "add: new columns are added and types widened. follow: as add; also keys are altered, NOT "
          + "NULL is dropped from columns that are gone, and labels are added to enums. ignore: nothing "
          + "is altered; new columns are left out, and other values are written as long as they fit. "
          + "default: what --schema-changes says for the service.",
      "It takes effect at once: a table that has stopped is tried again."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer set-schema-changes add public.orders public.lines",
      "  creek-consumer set-schema-changes default public.orders"
    })
final class SetSchemaChanges implements ServerVerb {
  private static final String DEFAULT = "default";

  @Parameters(
      index = "0",
      paramLabel = "POLICY",
      description = "stop, add, follow, ignore, or default for the service's.")
  private String given = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TARGET",
      description = "target_namespace.target_table")
  private List<String> arguments = List.of();

  private @Nullable SchemaPolicy policy;
  private List<TargetTable> targets = List.of();

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    policy =
        given.equals(DEFAULT)
            ? null
            : SchemaPolicy.of(given).orElseThrow(() -> unknown(given, ", default"));
    targets = EachArgument.parse(arguments, TargetTable::parse);
  }

  /** The policy of this name. */
  static SchemaPolicy policy(String name) {
    return SchemaPolicy.of(name).orElseThrow(() -> unknown(name, ""));
  }

  private static IllegalArgumentException unknown(String name, String more) {
    return new IllegalArgumentException("'" + name + "': none of stop, add, follow, ignore" + more);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return WithConsumer.run(
        configuration,
        around,
        consumer -> EachArgument.run(targets, target -> one(consumer, target), around.terminal()));
  }

  private Mono<String> one(Consumer consumer, TargetTable target) {
    return consumer
        .setSchemaChanges(target, policy)
        .map(
            known -> {
              if (!known) {
                throw new IllegalArgumentException(target + " is not subscribed");
              }
              return target + ": " + given;
            });
  }
}
