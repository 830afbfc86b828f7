package dev.creek.consumer.postgres;

import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.List;

/** The columns that tell a source's rows apart, as far as the wire says so. */
final class SourceKey {
  private SourceKey() {}

  /**
   * Empty where there is none. With REPLICA IDENTITY FULL the before image has all columns, each
   * nullable and marked as key: that is no key, while a table may well consist of its primary key,
   * whose columns are not nullable then.
   */
  static List<String> of(WalSchema schema) {
    List<WireField> before = schema.before().columns();
    List<String> names = before.stream().map(WireField::name).toList();
    boolean all = names.size() == schema.after().columns().size();
    return all && allNullable(before) ? List.of() : names;
  }

  /** The same from a snapshot's rows, which flag the primary key; with FULL, all columns. */
  static List<String> of(RecordShape snapshot) {
    List<WireField> flagged = snapshot.keyColumns();
    boolean all = flagged.size() == snapshot.columns().size();
    return all && allNullable(flagged) ? List.of() : flagged.stream().map(WireField::name).toList();
  }

  private static boolean allNullable(List<WireField> fields) {
    return fields.stream().allMatch(field -> field.slot().nullable());
  }
}
