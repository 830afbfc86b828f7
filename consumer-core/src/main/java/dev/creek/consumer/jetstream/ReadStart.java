package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.StartAt;
import org.jspecify.annotations.Nullable;

/**
 * The place in a stream from which a reader goes on, and which messages may be missing there. Every
 * attempt to read compares it with the stream first; {@link BrokerException.Gap} tells that
 * messages are missing. Not thread-safe.
 */
final class ReadStart {
  private StartAt at;

  /** The stream in which {@link #at} counts; null while it counts in none. */
  private @Nullable StreamIdentity stream;

  /** The stream of the present attempt. */
  private @Nullable StreamIdentity read;

  /** Holes that do not count; null until reading begins. */
  private @Nullable Holes known;

  /**
   * A start.
   *
   * @param expected the stream in which {@code at} counts; null for the present one
   */
  ReadStart(StartAt at, @Nullable StreamIdentity expected) {
    this.at =
        at instanceof StartAt.Sequence from
            ? new StartAt.Sequence(Math.max(1, from.first()), from.mayMissUntil())
            : at;
    this.stream = expected;
  }

  StartAt at() {
    return at;
  }

  /** Tells whether reading begins with the oldest message, wherever that is. */
  boolean isOldest() {
    return at instanceof StartAt.Beginning;
  }

  /** Holes that do not count. */
  Holes known() {
    return known == null ? Holes.NONE : known;
  }

  /** Checks that it is the same stream, and that it still holds the place. */
  void check(StreamState now) {
    if (stream != null) {
      GapCheck.sameStream(stream, now);
    }
    if (at instanceof StartAt.Sequence from) {
      GapCheck.holds(from.first(), now);
    }
    read = now.identity();
  }

  /**
   * Checks that nothing is missing from a sequence on. Messages that are missing when reading
   * begins may be dispensable; those removed afterwards are not.
   */
  void checkHoles(Holes list, long next, StreamState now) {
    if (known == null) {
      known = list.upTo(at.mayMissUntil());
    }
    if (isOldest()) {
      return;
    }
    long hole = list.next(next);
    while (hole <= now.last()) {
      if (!known().contains(hole)) {
        throw GapCheck.hole(hole, now);
      }
      hole = list.next(hole + 1);
    }
  }

  /** The first sequence that a new consumer reads; only the broker knows that of a time. */
  long first(StreamState now, ConsumerState created) {
    if (at instanceof StartAt.Sequence from) {
      return from.first();
    }
    return at instanceof StartAt.Time ? created.deliveredStream() + 1 : Math.max(1, now.first());
  }

  /** Everything up to here, in the stream of the present attempt, has been read. */
  void moveBehind(long frontier) {
    stream = read;
    at = new StartAt.Sequence(frontier + 1);
  }

  /** For messages. */
  @Override
  public String toString() {
    if (at instanceof StartAt.Sequence from) {
      return "stream sequence " + from.first();
    }
    return at instanceof StartAt.Time from
        ? "what was stored at " + from.first()
        : "the oldest message";
  }
}
