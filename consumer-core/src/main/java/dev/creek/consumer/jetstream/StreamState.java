package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.LogState;
import java.time.Instant;
import java.util.List;

/**
 * The broker's report about a stream.
 *
 * @param identity its name and creation time, to the microsecond: the database that stores it is as
 *     exact
 * @param first sequence of the oldest message; if it is empty, of the next
 * @param last sequence of the newest message that it ever held
 * @param deleted number of messages missing between those two
 * @param firstAt time when the oldest message was stored, as text, because it is rarely needed;
 *     without meaning if there is none
 * @param lastAt time when the newest message that it ever held was stored; without meaning if there
 *     was none
 * @param subjects patterns of its subjects; empty for a mirror
 */
record StreamState(
    StreamIdentity identity,
    long first,
    long last,
    long deleted,
    String firstAt,
    String lastAt,
    List<String> subjects) {

  /** The same in the form for a table's pipeline. */
  LogState forLine() {
    return new LogState(
        identity, first, last, first > last || last == 0 ? null : JetStreamApi.time(firstAt));
  }

  /** Number of messages ever removed, from any place. It only grows. */
  long removed() {
    return first - 1 + deleted;
  }

  /** Tells whether no message of this time or later has been removed at the old end. */
  boolean holdsAllSince(Instant time) {
    if (first <= 1) {
      return true;
    }
    return first > last
        ? JetStreamApi.time(lastAt).isBefore(time)
        : !JetStreamApi.time(firstAt).isAfter(time);
  }

  /** Tells whether a message with this subject belongs here. */
  boolean takes(String subject) {
    return subjects.isEmpty() || subjects.stream().anyMatch(pattern -> matches(pattern, subject));
  }

  private static boolean matches(String pattern, String subject) {
    String[] wanted = pattern.split("\\.", -1);
    String[] tokens = subject.split("\\.", -1);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].equals(">")) {
        return i < tokens.length;
      }
      if (i >= tokens.length || !(wanted[i].equals("*") || wanted[i].equals(tokens[i]))) {
        return false;
      }
    }
    return wanted.length == tokens.length;
  }
}
