package dev.creek.consumer.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a source table's definition that no change carries and that the target lacks.
 *
 * @param mapping the table
 * @param reason a description, such as {@code index "orders_customer" is missing}
 * @param statements what creates it, in order; empty if nothing is known that does
 * @param isUnambiguous whether {@code Tables.copyDefinitions} creates it; else the reason says why
 *     it does not, and the statements are for a person
 */
public record DefinitionDifference(
    Mapping mapping, String reason, List<Statement> statements, boolean isUnambiguous) {

  public DefinitionDifference {
    statements = List.copyOf(statements);
  }

  /**
   * A statement and what it makes the server do.
   *
   * @param sql with its semicolon
   */
  public record Statement(String sql, SchemaDifference.Work work) {}

  /**
   * Differences as a script for psql: each with a comment, and statements that are for a person as
   * comments as well.
   */
  public static String script(List<DefinitionDifference> differences) {
    if (differences.isEmpty()) {
      return "-- nothing else of the source's definitions is missing";
    }
    var script = new StringBuilder();
    Mapping last = null;
    for (DefinitionDifference difference : differences) {
      if (!difference.mapping().equals(last)) {
        last = difference.mapping();
        script.append(SchemaDifference.comment(last + ", by the source's catalog")).append('\n');
      }
      difference.append(script);
    }
    return script.toString().stripTrailing();
  }

  private void append(StringBuilder script) {
    script.append(SchemaDifference.comment(reason));
    SchemaDifference.@Nullable Work said = null;
    for (Statement statement : statements) {
      if (statement.work() != said) {
        script.append(said == null ? ": " : "-- ").append(statement.work().description());
        script.append('\n');
        said = statement.work();
      }
      String sql = statement.sql();
      script.append(isUnambiguous ? sql : SchemaDifference.comment(sql)).append('\n');
    }
    if (statements.isEmpty()) {
      script.append('\n');
    }
  }
}
