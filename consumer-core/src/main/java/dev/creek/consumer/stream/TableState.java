package dev.creek.consumer.stream;

import org.jspecify.annotations.Nullable;

/**
 * A line's phase as users see it in {@code subscriptions.state}, with reason and hint where it is
 * stuck.
 */
public record TableState(Name name, @Nullable String reason, @Nullable String hint) {
  /** Changes are applied as they come. */
  static final TableState STREAMING = new TableState(Name.STREAMING, null, null);

  static final TableState SNAPSHOTTING = new TableState(Name.SNAPSHOTTING, null, null);

  /** The names of the states. */
  public enum Name {
    WAITING,
    STREAMING,
    SNAPSHOTTING,
    FAILED,
    GAP,
    INACTIVE;

    /** Lower case, as stored. */
    public String stored() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
