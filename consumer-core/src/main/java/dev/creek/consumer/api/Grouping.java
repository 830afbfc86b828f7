package dev.creek.consumer.api;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The tables that are applied together. */
public enum Grouping {
  /** Each table alone: a reader and target transactions of its own. */
  TABLE,

  /**
   * All tables of a source database: one reader, and one target transaction a source transaction.
   */
  DATABASE;

  /** The form in the control schema and for users. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The grouping with this stored form; null if there is none. */
  public static @Nullable Grouping parse(@Nullable String stored) {
    for (Grouping grouping : values()) {
      if (grouping.stored().equals(stored)) {
        return grouping;
      }
    }
    return null;
  }
}
