package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.stream.StartAt;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Mono;

/**
 * The place where a pipeline begins to read, and a check that the stream still holds everything it
 * needs. The place is a stream sequence. A time is used only if there is none, or if the producer's
 * new generation writes to another stream: then changes are read again in order from a little
 * earlier, by the times that they carry.
 *
 * @param start where reading begins
 * @param claim the claim, with the horizon of changes that are read again
 */
record ResumePoint(StartAt start, Claim claim) {

  /**
   * The place for a claim.
   *
   * @param changes finds the place of a time
   * @return errors with {@link BrokerException.Gap} if the stream no longer holds the next message,
   *     or is another incarnation
   */
  static Mono<ResumePoint> of(Claim claim, LogState log, Duration overlap, ChangeLog changes) {
    Position position = claim.position();
    StreamIdentity known = position.stream();
    Instant committedAt = position.committedAt();
    if (known != null && known.name().equals(log.stream().name())) {
      return Mono.fromSupplier(() -> new ResumePoint(bySequence(position, known, log), claim));
    }
    return committedAt == null
        ? Mono.just(new ResumePoint(new StartAt.Beginning(), claim))
        : changes
            .committedSince(claim.mapping().source(), committedAt.minus(overlap))
            .map(
                found ->
                    new ResumePoint(
                        byTime(committedAt, log, found),
                        claim.withHorizon(Horizon.of(position, committedAt))));
  }

  private static StartAt bySequence(Position position, StreamIdentity known, LogState log) {
    if (!known.created().equals(log.stream().created())) {
      throw new BrokerException.Gap(
          "stream %s was deleted and created again at %s: what it held is gone"
              .formatted(known.name(), log.stream().created()));
    }
    if (log.lastSequence() < position.sequence()) {
      throw new BrokerException.Gap(
          "stream %s went back to sequence %d, but %d was applied: the broker lost its tail"
              .formatted(known.name(), log.lastSequence(), position.sequence()));
    }
    if (log.firstSequence() > position.sequence() + 1) {
      throw new BrokerException.Gap(
          "stream %s no longer holds sequences %d to %d, which were not read yet"
              .formatted(known.name(), position.sequence() + 1, log.firstSequence() - 1));
    }
    return new StartAt.Sequence(position.sequence() + 1);
  }

  private static StartAt byTime(Instant committedAt, LogState log, SnapshotLog.ChangesSince found) {
    if (!found.whole()) {
      throw new BrokerException.Gap(
          "the position is the time %s, but stream %s no longer holds everything that was committed since"
              .formatted(committedAt, log.stream().name()));
    }
    return found.after() < log.firstSequence()
        ? new StartAt.Beginning()
        : new StartAt.Sequence(found.after() + 1);
  }
}
