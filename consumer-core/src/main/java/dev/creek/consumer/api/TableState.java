package dev.creek.consumer.api;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.text.Remedy;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A line's phase as users see it in {@code subscriptions.state}, with reason and hint where it is
 * stuck.
 *
 * @param stoppedAt the message that it failed at, where that is known to the message
 * @param tries how often the same was tried, where it failed; else 0
 */
public record TableState(
    Name name,
    @Nullable String reason,
    @Nullable String hint,
    @Nullable StoppedAt stoppedAt,
    int tries) {

  /** A state that is about no single message. */
  public TableState(Name name, @Nullable String reason, @Nullable String hint) {
    this(name, reason, hint, null);
  }

  /** A state that is about a message. */
  public TableState(
      Name name, @Nullable String reason, @Nullable String hint, @Nullable StoppedAt stoppedAt) {
    this(name, reason, hint, stoppedAt, 0);
  }

  /** Changes are applied as they come. */
  public static final TableState STREAMING = new TableState(Name.STREAMING, null, null);

  public static final TableState SNAPSHOTTING = new TableState(Name.SNAPSHOTTING, null, null);

  /** Tells whether people read the same in both. */
  public boolean says(TableState other) {
    return name == other.name
        && Objects.equals(reason, other.reason)
        && Objects.equals(hint, other.hint);
  }

  /** The reason as it is shown: with the number of tries behind it, where there were several. */
  public @Nullable String shownReason() {
    return tries < 2 ? reason : reason + "; tried " + tries + " times";
  }

  /** The same, after so many tries. */
  public TableState tried(int times) {
    return new TableState(name, reason, hint, stoppedAt, times);
  }

  /** The same, once it is known which message it is about. */
  public TableState at(StoppedAt message) {
    String known = String.valueOf(reason);
    String where = "sequence " + message.sequence();
    boolean named = Pattern.compile(where + "(?!\\d)").matcher(known).find();
    return new TableState(
        name, named ? known : known + " (at stream " + where + ")", hint, message, tries);
  }

  /** Changes are missing. */
  public static TableState gap(String reason, Object table) {
    return new TableState(
        Name.GAP,
        reason,
        (table instanceof Mapping mapping
                ? Remedy.resync(mapping)
                : "take a clean snapshot of " + table)
            + ": changes are missing that the broker no longer has");
  }

  /** The names of the states. */
  public enum Name {
    WAITING,
    STREAMING,
    SNAPSHOTTING,
    FAILED,
    GAP,
    INACTIVE,
    /** Never stored: whoever has the table is connected, and has not shown itself for a while. */
    UNKNOWN;

    /** Lower case, as stored. */
    public String stored() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * The one message that a table cannot get past.
   *
   * @param sequence stream sequence of its last packet
   */
  public record StoppedAt(StreamIdentity stream, long sequence) {}
}
