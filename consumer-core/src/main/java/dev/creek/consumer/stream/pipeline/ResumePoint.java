package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
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
      return Mono.fromSupplier(() -> new ResumePoint(StartAt.after(position, known, log), claim));
    }
    return committedAt == null
        ? Mono.just(new ResumePoint(new StartAt.Beginning(), claim))
        : changes
            .committedSince(claim.mapping().source(), committedAt.minus(overlap))
            .map(
                found ->
                    new ResumePoint(
                        StartAt.byTime(committedAt, log, found),
                        claim.withHorizon(Horizon.of(position, committedAt))));
  }
}
