package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.LogState;
import java.time.Instant;
import java.util.List;

/**
 * What the broker says of a stream.
 *
 * @param identity its name and when it was created, to the microsecond: as exact as the database
 *     that remembers it
 * @param first sequence of the oldest message; where it is empty, of the next
 * @param last sequence of the newest message that it ever held
 * @param deleted how many messages between those two are missing
 * @param firstAt when the oldest message was stored, as the broker says it: mostly nobody asks; of
 *     no meaning where there is none
 * @param lastAt when the newest message that it ever held was stored; of no meaning where there was
 *     none
 * @param subjects patterns of what it takes; empty for a mirror
 */
record StreamState(
    StreamIdentity identity,
    long first,
    long last,
    long deleted,
    String firstAt,
    String lastAt,
    List<String> subjects) {

  /** The same, as a table's line knows it. */
  LogState forLine() {
    return new LogState(
        identity, first, last, first > last || last == 0 ? null : JetStreamApi.time(firstAt));
  }

  /** How many messages were ever removed, from wherever. It only grows. */
  long removed() {
    return first - 1 + deleted;
  }

  /** Whether nothing that was stored at this time or later has been removed at the old end. */
  boolean holdsAllSince(Instant time) {
    if (first <= 1) {
      return true;
    }
    return first > last
        ? JetStreamApi.time(lastAt).isBefore(time)
        : !JetStreamApi.time(firstAt).isAfter(time);
  }

  /** Whether a message with this subject belongs here. */
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
