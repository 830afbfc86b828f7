package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.SchemaDifference;
import java.util.List;

/**
 * A column that could not hold a value.
 *
 * @param difference from the source's column
 * @param statements those that make it hold the value. They may contain it, as the label of an
 *     enum, so they are not for display
 */
record RefusedValue(SchemaDifference difference, List<String> statements) {

  /** A column whose type is to be altered. */
  static RefusedValue of(SchemaDifference difference) {
    return new RefusedValue(difference, difference.sql());
  }
}
