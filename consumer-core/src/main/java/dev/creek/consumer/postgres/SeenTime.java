package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.wire.Change;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The source time up to which a target may have seen all changes: of what was applied the newest,
 * or the last snapshot's. Older changes are repetitions, and what they do is done again later. Not
 * thread-safe.
 */
final class SeenTime {
  private Instant until;

  SeenTime(Claim claim) {
    this.until =
        Stream.of(claim.aheadUntil(), claim.position().committedAt())
            .filter(time -> time != null)
            .reduce(SubscriptionRows.NEVER, SeenTime::later);
  }

  /** How many changes, from the first on, may be repetitions. */
  int repeated(List<Change> changes) {
    int repeated = changes.size();
    while (repeated > 0 && committedAt(changes.get(repeated - 1)).isAfter(until)) {
      repeated--;
    }
    return repeated;
  }

  /** Changes up to then have been committed. */
  void committed(@Nullable Instant newest) {
    until = newest == null ? until : later(until, newest);
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static Instant committedAt(Change change) {
    long micros = change.committedAtMicros();
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
  }
}
