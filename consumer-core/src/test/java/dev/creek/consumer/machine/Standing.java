package dev.creek.consumer.machine;

import org.jspecify.annotations.Nullable;

/**
 * What {@code subscriptions} says of a table.
 *
 * @param state {@code refused} where the table could not be subscribed, with the command's status
 *     as reason
 * @param incomplete the mark; empty for none
 */
record Standing(
    String state, String reason, String hint, String incomplete, long position, boolean active) {

  static Standing refused(@Nullable String status) {
    return new Standing("refused", String.valueOf(status), "-", "", 0, false);
  }

  boolean isStreaming() {
    return state.equals("streaming");
  }

  boolean isMarked() {
    return !incomplete.isEmpty();
  }

  /** It says that it is not what the source is, and stays so until somebody does something. */
  boolean hasStopped() {
    return state.equals("failed") || state.equals("gap") || state.equals("refused");
  }

  @Override
  public String toString() {
    return state
        + (reason.isEmpty() ? "" : " (" + reason + " | hint: " + hint + ")")
        + (isMarked() ? ", incomplete: " + incomplete : "")
        + ", position "
        + position;
  }
}
