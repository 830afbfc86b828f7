package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.TableGroup;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of verbs that subscribe tables. */
final class GroupOption {
  @Option(
      names = "--group",
      paramLabel = "NAME",
      description =
          "Put the tables into this named group: they are applied together, source transaction by "
              + "source transaction. All of them must come from one source database. set-group changes "
              + "the group of a table that is subscribed.")
  private @Nullable String given;

  /** Refuses a bad name. */
  void check() {
    if (given != null && TableGroup.requireName(given) == null) {
      throw new IllegalArgumentException(
          "--group must not be empty; set-group takes a table out of its group");
    }
  }

  /** Null if it was not given. */
  @Nullable String name() {
    return given;
  }
}
