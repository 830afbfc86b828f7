package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Position;
import dev.creek.consumer.wire.Change;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The source time up to which a target has seen all changes: of what was applied the newest, or the
 * last snapshot's. Older changes are repetitions, and what they do is done again later. Not
 * thread-safe.
 *
 * <p>A producer that was restarted may begin again in the middle of a batch: its LSN goes back
 * then, which that of one run never does. Commit times alone do not tell, since concurrent
 * transactions commit in a slightly different order.
 */
final class SeenTime {
  private long until;
  private long newest;
  private long lsn;
  private int repeated;

  SeenTime(Claim claim) {
    this.until =
        Stream.of(claim.aheadUntil(), claim.position().committedAt())
            .filter(time -> time != null)
            .mapToLong(SeenTime::micros)
            .max()
            .orElse(Long.MIN_VALUE);
    this.newest = until;
    this.lsn = claim.position().lsn();
  }

  /** Looks at the next changes, once. */
  void next(List<Change> changes) {
    long known = until;
    repeated = 0;
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      if (change.lsn() < lsn) {
        known = newest;
      }
      if (change.committedAtMicros() <= known) {
        repeated = i + 1;
      }
      newest = Math.max(newest, change.committedAtMicros());
      lsn = change.lsn();
    }
  }

  /** How many of those changes, from the first on, may be repetitions. */
  int repeated() {
    return repeated;
  }

  /** All that was looked at has been committed. */
  void committed() {
    until = newest;
  }

  /** What to remember where the target is ahead of its position; null where it is not. */
  @Nullable Instant ahead(Position position) {
    Instant committedAt = position.committedAt();
    return committedAt == null || newest <= micros(committedAt)
        ? null
        : Instant.EPOCH.plus(newest, ChronoUnit.MICROS);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }
}
