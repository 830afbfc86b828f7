package dev.creek.consumer.postgres;

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
    boolean full = all && before.stream().allMatch(field -> field.slot().nullable());
    return full ? List.of() : names;
  }
}
