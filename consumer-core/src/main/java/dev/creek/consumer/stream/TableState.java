package dev.creek.consumer.stream;

import org.jspecify.annotations.Nullable;

/**
 * A line's phase as users see it in {@code subscriptions.state}, with reason and hint where it is
 * stuck.
 *
 * @param stoppedAt the message that it failed at, where that is known to the message
 */
public record TableState(
    Name name, @Nullable String reason, @Nullable String hint, @Nullable StoppedAt stoppedAt) {

  /** A state that is about no single message. */
  public TableState(Name name, @Nullable String reason, @Nullable String hint) {
    this(name, reason, hint, null);
  }

  /** Changes are applied as they come. */
  static final TableState STREAMING = new TableState(Name.STREAMING, null, null);

  static final TableState SNAPSHOTTING = new TableState(Name.SNAPSHOTTING, null, null);

  /** The same, once it is known which message it is about. */
  TableState at(StoppedAt message) {
    String where = "stream sequence " + message.sequence();
    String known = String.valueOf(reason);
    return new TableState(
        name, known.contains(where) ? known : known + " (at " + where + ")", hint, message);
  }

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
