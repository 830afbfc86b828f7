package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/**
 * One part of a table's definition, and what became of it on the target.
 *
 * @param mapping the table
 * @param what the part, such as {@code foreign key "orders_customer_fkey"}
 * @param outcome what became of it
 * @param reason why it was left out or failed, or what was done besides; null if there is nothing
 *     to say
 * @param sql the statements that were tried in vain, or that would do it; null for none
 */
public record SchemaCopy(
    Mapping mapping, String what, Outcome outcome, @Nullable String reason, @Nullable String sql) {

  /** The outcome of a part. */
  public enum Outcome {
    /** It was created now. */
    CREATED,
    /** The target had it. */
    EXISTS,
    /** It cannot be copied, or is not to be. */
    LEFT_OUT,
    /** The target refused it. */
    FAILED
  }
}
