package dev.creek.consumer.api;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.text.Remedy;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline's phase as users see it in {@code subscriptions.state}, with reason and hint if it is
 * stuck.
 *
 * @param stoppedAt the message at which it failed, if it is known
 * @param tries number of attempts of the same step, if it failed; otherwise 0
 */
public record TableState(
    Name name,
    @Nullable String reason,
    @Nullable String hint,
    @Nullable StoppedAt stoppedAt,
    int tries) {

  /** A state that does not concern a single message. */
  public TableState(Name name, @Nullable String reason, @Nullable String hint) {
    this(name, reason, hint, null);
  }

  /** A state that concerns a message. */
  public TableState(
      Name name, @Nullable String reason, @Nullable String hint, @Nullable StoppedAt stoppedAt) {
    this(name, reason, hint, stoppedAt, 0);
  }

  /** Changes are applied as they come. */
  public static final TableState STREAMING = new TableState(Name.STREAMING, null, null);

  public static final TableState SNAPSHOTTING = new TableState(Name.SNAPSHOTTING, null, null);

  /** Tells whether both states show the same to the user. */
  public boolean says(TableState other) {
    return name == other.name
        && Objects.equals(reason, other.reason)
        && Objects.equals(hint, other.hint);
  }

  /** The reason as it is displayed: followed by the number of attempts, if there were several. */
  public @Nullable String shownReason() {
    return tries < 2 ? reason : reason + "; tried " + tries + " times";
  }

  /** The same, after this number of attempts. */
  public TableState tried(int times) {
    return new TableState(name, reason, hint, stoppedAt, times);
  }

  /** The same, once its message is known. */
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
    /**
     * Never stored: the instance that has the table is connected, but had no heartbeat for a while.
     */
    UNKNOWN;

    /** Lower case, as stored. */
    public String stored() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * The one message at which a table has stopped.
   *
   * @param sequence stream sequence of its last packet
   */
  public record StoppedAt(StreamIdentity stream, long sequence) {}
}
