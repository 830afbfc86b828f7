package dev.creek.consumer.row;

import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.List;

/** The columns that tell a source's rows apart, as far as the wire shows them. */
public final class SourceIdentity {
  private SourceIdentity() {}

  /**
   * Empty if there are none. With REPLICA IDENTITY FULL the before image has all columns, each
   * nullable and marked as key: that is no key. But a table may consist of its primary key, whose
   * columns are then not nullable.
   */
  public static List<String> of(WalSchema schema) {
    return of(schema.before().columns(), schema.after());
  }

  /** The same from a snapshot's rows, which flag the primary key; with FULL, all columns. */
  public static List<String> of(RecordShape snapshot) {
    return of(snapshot.keyColumns(), snapshot);
  }

  static List<String> of(List<WireField> identity, RecordShape rows) {
    boolean all = identity.size() == rows.columns().size();
    return all && identity.stream().allMatch(field -> field.slot().nullable())
        ? List.of()
        : identity.stream().map(WireField::name).toList();
  }
}
