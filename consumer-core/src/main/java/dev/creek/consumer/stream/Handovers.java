package dev.creek.consumer.stream;

import dev.creek.consumer.control.SnapshotMode;
import dev.creek.consumer.wire.SnapshotHeader;
import dev.creek.consumer.wire.SourceTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds where a line goes on behind a snapshot.
 *
 * <p>Not by LSN or transaction id: a transaction that wrote before the snapshot and committed after
 * it is not in it, whatever its numbers. But what was committed later was published later. So
 * everything is applied once more that JetStream stored from a little before the snapshot's time
 * on, in order, and the last writer wins.
 */
final class Handovers {
  private final ChangeLog changes;
  private final SnapshotLog snapshots;
  private final SnapshotOrder order;
  private final @Nullable LogState before;
  private final SourceTable source;
  private final Duration overlap;

  /**
   * @param overlap how far the broker's clock and the source's may be apart
   */
  Handovers(ChangeLog changes, SnapshotLog snapshots, SnapshotTask task, Duration overlap) {
    this.changes = changes;
    this.snapshots = snapshots;
    this.order = task.order();
    this.before = task.requestedAt();
    this.source = order.mapping().source();
    this.overlap = overlap;
  }

  /**
   * A place in the stream.
   *
   * @param after the last sequence that is not needed
   * @param whole whether the stream holds everything behind it
   */
  private record Place(StreamIdentity stream, long after, boolean whole) {}

  /**
   * The handover of a snapshot.
   *
   * @return errors with {@link SnapshotException} where the stream no longer holds all changes
   *     since then, unless the order is forced
   */
  Mono<Handover> of(SnapshotHeader header, Claim claim) {
    return since(header.at())
        .map(this::orRequest)
        .flatMap(then -> mayLag(claim) ? pausedOr(then, claim.position()) : Mono.just(then))
        .map(
            place -> {
              require(place.whole(), header.at());
              var handover =
                  new Handover(
                      new Position(place.stream(), place.after(), header.lsn(), header.at()),
                      aheadUntil(header.at(), claim));
              return place.whole() ? handover : handover.with(forced(header.at()));
            });
  }

  /** Errors unless the stream still holds what the handover needs. */
  Mono<Void> check(Handover handover) {
    return changes
        .state(source)
        .doOnNext(
            log ->
                require(
                    holds(log, handover.resume()), Objects.requireNonNull(handover.aheadUntil())))
        .then();
  }

  private static Incompleteness forced(Instant since) {
    return new Incompleteness(
        Incompleteness.Cause.FORCED,
        "a snapshot was forced although the broker no longer holds all changes since " + since);
  }

  private void require(boolean whole, Instant since) {
    if (!whole && !order.force()) {
      throw new SnapshotException(
          "the broker no longer holds all changes of %s since %s, which the table would need after this snapshot"
              .formatted(source, since),
          "request a new snapshot, in mode clean; --force applies this one and leaves the gap");
    }
  }

  /**
   * Where the stream was cut a moment ago: what is not in a snapshot that we asked for ourselves
   * was committed after we did, and so published behind what the stream held then.
   */
  private Place orRequest(Place then) {
    LogState log = before;
    return !then.whole()
            && log != null
            && log.stream().equals(then.stream())
            && log.lastSequence() >= then.after()
        ? new Place(then.stream(), log.lastSequence(), true)
        : then;
  }

  private Mono<Place> since(Instant time) {
    return snapshots
        .changesSince(source, time.minus(overlap))
        .map(found -> new Place(found.stream(), found.after(), found.whole()));
  }

  /**
   * Whether rows may be of a time before the snapshot: those that an upsert does not touch are of
   * when the line was paused. A table that was never applied has none.
   */
  private boolean mayLag(Claim claim) {
    Position position = claim.position();
    return order.mode() == SnapshotMode.UPSERT
        && (position.stream() != null || position.committedAt() != null);
  }

  /** Where the line was paused, if that is before {@code then}. */
  private Mono<Place> pausedOr(Place then, Position position) {
    StreamIdentity known = position.stream();
    Instant committedAt = position.committedAt();
    if (known != null && known.name().equals(then.stream().name())) {
      return changes.state(source).map(log -> earlier(then, at(log, position)));
    }
    return committedAt == null
        ? Mono.just(then)
        : since(committedAt).map(paused -> earlier(then, paused));
  }

  private static Place at(LogState log, Position position) {
    return new Place(log.stream(), position.sequence(), holds(log, position));
  }

  private static boolean holds(LogState log, Position position) {
    return log.stream().equals(position.stream())
        && log.firstSequence() <= position.sequence() + 1
        && log.lastSequence() >= position.sequence();
  }

  private static Place earlier(Place one, Place other) {
    boolean whole = one.whole() && other.whole();
    // Without the rest of it, the earlier place is of no more use than the later.
    return new Place(
        one.stream(), other.whole() ? Math.min(one.after(), other.after()) : one.after(), whole);
  }

  /** An upsert leaves what the line, and the snapshot before this one, have brought already. */
  private Instant aheadUntil(Instant at, Claim claim) {
    return order.mode() == SnapshotMode.CLEAN
        ? at
        : Stream.of(at, claim.position().committedAt(), claim.aheadUntil())
            .filter(Objects::nonNull)
            .max(Instant::compareTo)
            .orElse(at);
  }
}
