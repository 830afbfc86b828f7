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

  /**
   * What a verdict makes of a line that cannot go on.
   *
   * @param table as the user named it
   */
  static TableState stuck(Verdict verdict, Object table) {
    if (verdict instanceof Verdict.Stop stop) {
      return new TableState(Name.FAILED, stop.reason(), stop.hint());
    }
    if (verdict instanceof Verdict.Await await) {
      return new TableState(Name.FAILED, await.reason(), await.hint());
    }
    return gap(verdict.reason(), table);
  }

  /** Changes are missing. */
  static TableState gap(String reason, Object table) {
    return new TableState(
        Name.GAP,
        reason,
        "take a clean snapshot of "
            + table
            + ": changes are missing that the broker no longer has");
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
