package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.IdentityHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The places where a table's schema changes: a batch holds changes of one schema of each table. For
 * one reading, in stream order.
 *
 * <p>Schemas are compared by identity: a table's decoder makes one instance per fingerprint, and
 * comparing texts per change would cost more than applying.
 */
@FunctionalInterface
public interface SchemaBreaks {

  /**
   * Tells whether the table of this change had another schema before. Called once for each change.
   *
   * @param before the change before it, of any table; null for the first
   */
  boolean isBetween(@Nullable Change before, Change change);

  /** Of a single table. */
  @SuppressWarnings("ReferenceEquality")
  static SchemaBreaks ofOneTable() {
    return (before, change) -> before != null && before.schema() != change.schema();
  }

  /**
   * Of several tables.
   *
   * @param table the table of a schema
   */
  @SuppressWarnings("ReferenceEquality")
  static SchemaBreaks of(Function<WalSchema, ?> table) {
    IdentityHashMap<Object, WalSchema> last = new IdentityHashMap<>();
    return (before, change) -> {
      WalSchema schema = change.schema();
      if (before != null && before.schema() == schema) {
        return false;
      }
      WalSchema earlier = last.put(table.apply(schema), schema);
      return earlier != null && earlier != schema;
    };
  }
}
