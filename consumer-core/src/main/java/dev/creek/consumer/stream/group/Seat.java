package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.wire.Change;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * A member's place in a group, from its joining until it has left. Used by the group's rounds, one
 * after the other, except where it says otherwise.
 */
final class Seat {
  /** A round's last result may still be on its way when the group ends the seat. */
  private static final Sinks.EmitFailureHandler ONE_AFTER_ANOTHER =
      Sinks.EmitFailureHandler.busyLooping(Duration.ofSeconds(1));

  private final Member member;
  private final Sinks.Many<Applied> results = Sinks.many().unicast().onBackpressureBuffer();

  /** Up to here messages may be missing from the stream. */
  private final long mayMiss;

  /** The first sequence that it needs. */
  private volatile long first;

  private @Nullable Ahead ahead;
  private volatile boolean leaving;
  private volatile boolean gone;
  private Position position;

  Seat(Member member) {
    this.member = member;
    StartAt start = member.start();
    first = start instanceof StartAt.Sequence from ? from.first() : member.log().firstSequence();
    first = Math.max(1, first);
    mayMiss = start.mayMissUntil();
    position = member.claim().position();
    ahead = Ahead.of(member.claim());
  }

  Member member() {
    return member;
  }

  /** What was applied; ends when the member has left. */
  Flux<Applied> results() {
    return results.asFlux();
  }

  /** Thread-safe. */
  long first() {
    return first;
  }

  /** Up to here missing messages are none of its concern. */
  long mayMiss() {
    return Math.max(mayMiss, first - 1);
  }

  /** Tells whether its rows may show a later moment of the source than its position. */
  boolean isAhead() {
    return ahead != null;
  }

  /** This change of a member is applied, with all before it. */
  void passed(Change change) {
    if (ahead != null && ahead.isBefore(change)) {
      ahead = null;
    }
  }

  /** The database is quiet: nothing will come that its rows show already. */
  void isQuiet() {
    ahead = null;
  }

  /** It wants to leave. Thread-safe. */
  void leaves() {
    leaving = true;
  }

  boolean isLeaving() {
    return leaving;
  }

  /**
   * Its table waits no longer for it to leave, and may close its writer at any time. Thread-safe.
   */
  void goes() {
    leaving = true;
    gone = true;
  }

  boolean isGone() {
    return gone;
  }

  /** Its position once these changes are applied, or nothing of it is in the stream up to there. */
  Position at(Position batch, List<Change> changes) {
    Change last = changes.isEmpty() ? null : changes.get(changes.size() - 1);
    return last == null
        ? new Position(batch.stream(), batch.sequence(), position.lsn(), position.committedAt())
        : new Position(batch.stream(), batch.sequence(), last.lsn(), last.committedAt());
  }

  /** Its position as it is stored. */
  Position position() {
    return position;
  }

  /** A position was committed. */
  void committed(Applied applied) {
    position = applied.position();
    first = Math.max(first, position.sequence() + 1);
    results.emitNext(applied, ONE_AFTER_ANOTHER);
  }

  /** It has left. */
  void end(@Nullable Throwable error) {
    if (error == null) {
      results.emitComplete(ONE_AFTER_ANOTHER);
    } else {
      results.emitError(error, ONE_AFTER_ANOTHER);
    }
  }
}
