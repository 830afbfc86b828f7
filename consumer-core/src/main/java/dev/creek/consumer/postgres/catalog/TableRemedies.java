package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.text.Remedy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Remedies that help whatever the cause: the rows once more, another attempt, a skipped change.
 *
 * @param controlSchema the schema of the functions
 * @param snapshot mode of the snapshot that is written; null for changes
 * @param columns the columns that it brings; empty for all
 */
record TableRemedies(
    Mapping mapping, String controlSchema, @Nullable SnapshotMode snapshot, List<String> columns) {

  /**
   * A call of a function of the control schema.
   *
   * @param more after the argument
   */
  private String call(String function, Object argument, String more) {
    return "select %s.%s(%s%s);"
        .formatted(
            SqlNames.quoted(controlSchema), function, SqlNames.literal(argument.toString()), more);
  }

  String missingRows() {
    return "%s creates and fills the table; so does %s"
        .formatted(Remedy.command("resync", mapping), call("resync", mapping, ""));
  }

  /** Replaces all rows. */
  String resync() {
    return "%s replaces all rows; so does %s (a program: snapshots().take(mapping, SnapshotMode.CLEAN))"
        .formatted(Remedy.command("resync", mapping), call("resync", mapping, ""));
  }

  /** A hint, and the next step after it: changes are tried again automatically. */
  String again(String hint) {
    if (!columns.isEmpty()) {
      return "%s Then fill again: %s"
          .formatted(ended(hint), Remedy.fill(mapping.target(), columns));
    }
    return snapshot == null
        ? hint
        : ("%s Then take the snapshot again: %s; or %s"
                + " (a program: snapshots().take(mapping, SnapshotMode.%s))")
            .formatted(
                ended(hint),
                Remedy.command("snapshot --mode " + snapshot, mapping),
                call("snapshot", mapping, ", '" + snapshot + "'"),
                snapshot.name());
  }

  private static String ended(String hint) {
    return hint.endsWith(";") || hint.endsWith(".") ? hint : hint + ".";
  }

  /** The alternative: skip the change, or fix what a snapshot found. */
  String otherwise() {
    return snapshot == null ? skip() : "change the row on the source.";
  }

  private String skip() {
    return "skip the change, with its stream sequence for N (a program: tables().skip): "
        + call("skip_change", mapping.target(), ", N");
  }

  String setSchemaChanges(SchemaPolicy policy) {
    return call("set_schema_changes", mapping.target(), ", '" + policy.stored() + "'");
  }

  String encoding() {
    return "the target database's encoding lacks a character. An encoding cannot be changed: CREATE "
        + "DATABASE ... ENCODING 'UTF8' TEMPLATE template0; and follow the tables there. Or "
        + otherwise();
  }
}
