package dev.creek.consumer.api;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The answer of a target table to changed columns, types or keys of the source's table. Whatever
 * the policy, a rename is never guessed, no column is dropped, and a type is altered only if it
 * then holds every value that it held before.
 */
public enum SchemaPolicy {
  /** The table stops, with the statements to run. */
  STOP,

  /** New columns are added, and types are widened; anything else stops the table. */
  ADD,

  /**
   * As {@link #ADD}; also keys are altered where the rows allow it, NOT NULL is dropped from
   * columns that are gone, and labels are added to enums.
   */
  FOLLOW,

  /** Nothing is altered: new columns are left out, and values are written as long as they fit. */
  IGNORE;

  /** Its name in options and in the control schema. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Empty for a name that is none. */
  public static Optional<SchemaPolicy> of(String stored) {
    return Arrays.stream(values()).filter(policy -> policy.stored().equals(stored)).findFirst();
  }

  /** Tells whether the target may be altered. */
  public boolean alters() {
    return this == ADD || this == FOLLOW;
  }
}
