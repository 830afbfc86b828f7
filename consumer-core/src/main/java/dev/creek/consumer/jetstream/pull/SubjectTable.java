package dev.creek.consumer.jetstream.pull;

import dev.creek.consumer.api.SourceTable;
import org.jspecify.annotations.Nullable;

/** Finds the table of a message by its subject. Thread-safe. */
@FunctionalInterface
public interface SubjectTable {
  /**
   * For a consumer of one table: its messages are not told apart, so their subjects are not looked
   * at.
   */
  SubjectTable NONE = subject -> null;

  /** The table, the same object each time; null if the subject belongs to none. */
  @Nullable SourceTable of(String subject);
}
