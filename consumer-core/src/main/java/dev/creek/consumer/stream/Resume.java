package dev.creek.consumer.stream;

import java.time.Duration;
import java.time.Instant;

/**
 * Where a line begins to read, and whether the stream still holds all that it needs. Position is
 * the stream sequence; a time is used only where there is none, or where the producer's new
 * generation writes to another stream: then changes are applied again in order from a little
 * earlier, which converges.
 */
final class Resume {
  private Resume() {}

  /**
   * @throws LogException.Gap where the stream no longer holds the next message, or is another
   *     incarnation
   */
  static StartAt from(Claim claim, LogState log, Duration overlap) {
    Position position = claim.position();
    StreamIdentity known = position.stream();
    if (known == null || !known.name().equals(log.stream().name())) {
      return byTime(claim, log, overlap);
    }
    if (!known.created().equals(log.stream().created())) {
      throw new LogException.Gap(
          "stream %s was deleted and created again at %s: what it held is gone"
              .formatted(known.name(), log.stream().created()));
    }
    if (log.lastSequence() < position.sequence()) {
      throw new LogException.Gap(
          "stream %s went back to sequence %d, but %d was applied: the broker lost its tail"
              .formatted(known.name(), log.lastSequence(), position.sequence()));
    }
    if (log.firstSequence() > position.sequence() + 1) {
      throw new LogException.Gap(
          "stream %s no longer holds sequences %d to %d, which were not read yet"
              .formatted(known.name(), position.sequence() + 1, log.firstSequence() - 1));
    }
    return new StartAt.Sequence(position.sequence() + 1);
  }

  private static StartAt byTime(Claim claim, LogState log, Duration overlap) {
    Instant committedAt = claim.position().committedAt();
    if (committedAt == null) {
      return new StartAt.Beginning();
    }
    Instant start = committedAt.minus(overlap);
    Instant oldest = log.firstTime();
    if (log.firstSequence() > 1 && oldest != null && oldest.isAfter(start)) {
      throw new LogException.Gap(
          "the position is the time %s, but stream %s no longer holds anything older than %s"
              .formatted(committedAt, log.stream().name(), oldest));
    }
    return new StartAt.Time(start);
  }
}
