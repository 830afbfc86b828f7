package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.DefinitionDifference.Statement;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.definition.Step.Create;
import dev.creek.consumer.postgres.definition.Step.Impossible;
import dev.creek.consumer.postgres.definition.Step.LeftOut;
import dev.creek.consumer.postgres.definition.Step.Work;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Steps in words, for those who want to see them before they are taken. */
final class DefinitionPlan {
  private DefinitionPlan() {}

  /** Null if the target has it. */
  static @Nullable DefinitionDifference difference(Mapping mapping, Step step) {
    if (step instanceof Create create) {
      return new DefinitionDifference(
          mapping, create.what() + " " + create.lack(), statements(create.works()), true);
    }
    if (step instanceof LeftOut left) {
      return new DefinitionDifference(
          mapping, left.what() + ": " + left.reason(), statements(left.works()), false);
    }
    return step instanceof Impossible impossible
        ? new DefinitionDifference(
            mapping, impossible.what() + ": " + impossible.reason(), List.of(), false)
        : null;
  }

  private static List<Statement> statements(List<Work> works) {
    return works.stream()
        .flatMap(
            work -> work.statements().stream().map(sql -> new Statement(sql + ";", work.lock())))
        .toList();
  }
}
