package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.postgres.definition.TableDefinition.Column;
import dev.creek.consumer.postgres.definition.TableDefinition.Constraint;
import dev.creek.consumer.postgres.definition.TableDefinition.Index;
import dev.creek.consumer.postgres.definition.TableDefinition.Sequence;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Objects;

/** Rows of the statements in {@link DefinitionSql}. */
final class DefinitionRows {
  private DefinitionRows() {}

  static Column column(Readable row) {
    String sequence = row.get("sequence_name", String.class);
    return new Column(
        text(row, "name"),
        is(row, "not_null"),
        text(row, "identity"),
        is(row, "generated"),
        text(row, "type"),
        row.get("expression", String.class),
        row.get("comment", String.class),
        row.get("collation", String.class),
        sequence == null
            ? null
            : new Sequence(
                text(row, "sequence_namespace"),
                sequence,
                text(row, "sequence_type"),
                Objects.requireNonNull(row.get("increment", Long.class)),
                text(row, "sequence_options"),
                is(row, "plain"),
                is(row, "owned"),
                null),
        false);
  }

  static Constraint constraint(Readable row) {
    return new Constraint(
        text(row, "name"),
        text(row, "kind"),
        is(row, "validated"),
        is(row, "deferrable"),
        is(row, "deferred"),
        text(row, "definition"),
        row.get("index", String.class),
        names(row, "columns"),
        names(row, "other_columns"),
        row.get("other_namespace", String.class),
        row.get("other_table", String.class),
        row.get("rest", String.class));
  }

  static Index index(Readable row) {
    return new Index(
        text(row, "name"),
        is(row, "is_unique"),
        is(row, "valid"),
        is(row, "is_primary"),
        is(row, "constrained"),
        names(row, "columns"),
        row.get("rest", String.class));
  }

  private static List<String> names(Readable row, String name) {
    String[] names = row.get(name, String[].class);
    return names == null ? List.of() : List.of(names);
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }

  static boolean is(Readable row, String name) {
    return Boolean.TRUE.equals(row.get(name, Boolean.class));
  }
}
