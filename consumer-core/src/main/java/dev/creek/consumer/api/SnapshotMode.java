package dev.creek.consumer.api;

import java.util.Locale;

/** Treatment of the rows that are in the target already. */
public enum SnapshotMode {
  /** They stay: the snapshot's rows are upserted into the live table. */
  UPSERT,
  /** They go: the table holds afterwards what the snapshot held. */
  CLEAN;

  /** Lower case, as users write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads {@code upsert} or {@code clean}, in any case.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static SnapshotMode parse(String text) {
    for (SnapshotMode mode : values()) {
      if (mode.name().equalsIgnoreCase(text)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("mode '" + text + "' must be upsert or clean");
  }
}
