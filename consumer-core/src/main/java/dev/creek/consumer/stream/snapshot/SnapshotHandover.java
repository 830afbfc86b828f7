package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.SnapshotHeader;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds where a pipeline continues after a snapshot: at a place before which the stream holds
 * nothing that the snapshot lacks. From there on everything is applied once more, in order, and the
 * last write counts. {@link Horizon} decides which changes the snapshot holds for certain.
 *
 * <p>No place depends on two clocks that agree. Each of the following is such a place. The earliest
 * is used, because an earlier place does no harm:
 *
 * <ul>
 *   <li>the end of the stream before this service requested the snapshot: everything before it had
 *       been committed and published;
 *   <li>the messages that the broker stored a little before the snapshot's header, both by its own
 *       clock;
 *   <li>for a snapshot that others requested, the changes committed a little before it, both by the
 *       source's clock: a cluster stores two streams by the clocks of two of its servers.
 * </ul>
 *
 * <p>A fill, which this service always requests, uses the first one alone. Changes from before the
 * source got the column that is filled would do harm: applied again, they delete rows that have its
 * value and bring them back without it. A clean snapshot leaves out what is before that place as
 * well ({@link Horizon#through}).
 */
public final class SnapshotHandover {
  private final ChangeLog changes;
  private final SnapshotLog snapshots;
  private final SourceTable source;
  private final String subject;
  private final @Nullable LogState before;
  private final SnapshotMode mode;
  private final boolean fills;
  private final boolean force;
  private final Duration overlap;

  /**
   * @param overlap the meaning of "a little before"
   */
  SnapshotHandover(ChangeLog changes, SnapshotLog snapshots, SnapshotTask task, Duration overlap) {
    this(
        changes,
        snapshots,
        task.order().mapping().source(),
        task.subject(),
        task.requestedAt(),
        task.order().mode(),
        !task.order().columns().isEmpty(),
        task.order().force(),
        overlap);
  }

  private SnapshotHandover(
      ChangeLog changes,
      SnapshotLog snapshots,
      SourceTable source,
      String subject,
      @Nullable LogState before,
      SnapshotMode mode,
      boolean fills,
      boolean force,
      Duration overlap) {
    this.changes = changes;
    this.snapshots = snapshots;
    this.source = source;
    this.subject = subject;
    this.before = before;
    this.mode = mode;
    this.fills = fills;
    this.force = force;
    this.overlap = overlap;
  }

  /**
   * That of a snapshot whose rows are all that a reader has.
   *
   * @param before the stream of changes before the snapshot was requested
   * @param overlap the meaning of "a little before"
   */
  public static SnapshotHandover ofAllRows(
      ChangeLog changes,
      SnapshotLog snapshots,
      SourceTable source,
      String subject,
      LogState before,
      Duration overlap) {
    return new SnapshotHandover(
        changes, snapshots, source, subject, before, SnapshotMode.CLEAN, false, false, overlap);
  }

  /**
   * A place in the stream.
   *
   * @param after the last sequence that is not needed
   * @param whole whether the stream holds everything after it
   */
  private record Place(StreamIdentity stream, long after, boolean whole) {
    static Place of(SnapshotLog.ChangesSince found) {
      return new Place(found.stream(), found.after(), found.whole());
    }

    /** The earlier of two places for one snapshot; either would do. */
    Place orEarlier(Place other) {
      boolean takes = other.whole() && (!whole || other.after() < after);
      return takes && other.stream().equals(stream) ? other : this;
    }
  }

  /**
   * The handover of a snapshot.
   *
   * @return errors with {@link SnapshotException} if the stream no longer holds all changes since
   *     then, unless the order is forced
   */
  Mono<Handover> of(SnapshotHeader header, Claim claim) {
    return since(header.at())
        .flatMap(then -> mayLag(claim) ? pausedOr(then, claim.position()) : Mono.just(then))
        .map(place -> handover(header, place, aheadUntil(header.at(), claim)));
  }

  /** The same for a reader that has nothing else than the snapshot's rows. */
  public Mono<Handover> of(SnapshotHeader header) {
    return since(header.at()).map(place -> handover(header, place, header.at()));
  }

  private Handover handover(SnapshotHeader header, Place place, Instant aheadUntil) {
    require(place.whole(), header.at());
    var handover =
        new Handover(
            new Position(place.stream(), place.after(), header.lsn(), header.at()),
            aheadUntil,
            horizon(header, place));
    return place.whole() ? handover : handover.with(forced(header.at()));
  }

  /** The horizon; rows that an upsert does not touch are not the snapshot's. */
  private @Nullable Horizon horizon(SnapshotHeader header, Place place) {
    LogState log = before;
    long through = log != null && log.stream().equals(place.stream()) ? log.lastSequence() : 0;
    return mode == SnapshotMode.CLEAN ? Horizon.of(header, place.after(), through) : null;
  }

  /** Errors unless the stream still holds what the handover needs. */
  public Mono<Void> check(Handover handover) {
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
    if (!whole && !force) {
      throw new SnapshotException(
          "the broker no longer holds all changes of %s since %s, which the table needs after this snapshot"
              .formatted(source, since),
          "request a new snapshot, in mode clean; --force applies this one and leaves the gap");
    }
  }

  private Mono<Place> since(Instant at) {
    return fills && before != null
        ? requestedOrCommitted(at)
        : Flux.concat(published(), requestedOrCommitted(at)).reduce(Place::orEarlier);
  }

  /** The place by the broker's clock, which stored the header as well. */
  private Mono<Place> published() {
    return snapshots
        .snapshot(source, subject)
        .flatMap(found -> snapshots.changesSince(source, found.publishedAt().minus(overlap)))
        .map(Place::of);
  }

  private Mono<Place> requestedOrCommitted(Instant at) {
    LogState log = before;
    return log == null
        ? committed(at)
        : changes
            .state(source)
            .filter(now -> now.stream().equals(log.stream()))
            .map(
                now ->
                    new Place(
                        now.stream(),
                        log.lastSequence(),
                        now.firstSequence() <= log.lastSequence() + 1))
            .switchIfEmpty(Mono.defer(() -> committed(at)));
  }

  private Mono<Place> committed(Instant time) {
    return changes.committedSince(source, time.minus(overlap)).map(Place::of);
  }

  /**
   * Tells whether rows may be older than the snapshot: rows that an upsert does not touch date from
   * when the pipeline was paused. A table that was never applied has none.
   */
  private boolean mayLag(Claim claim) {
    Position position = claim.position();
    return mode == SnapshotMode.UPSERT
        && (position.stream() != null || position.committedAt() != null);
  }

  /** The place where the pipeline was paused, if it is before {@code then}. */
  private Mono<Place> pausedOr(Place then, Position position) {
    StreamIdentity known = position.stream();
    Instant committedAt = position.committedAt();
    if (known != null && known.name().equals(then.stream().name())) {
      return changes.state(source).map(log -> earlier(then, at(log, position)));
    }
    return committedAt == null
        ? Mono.just(then)
        : committed(committedAt).map(paused -> earlier(then, paused));
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
    // If messages after it are missing, the earlier place has no advantage over the later.
    return new Place(
        one.stream(), other.whole() ? Math.min(one.after(), other.after()) : one.after(), whole);
  }

  /**
   * An upsert leaves the rows that the pipeline, and the snapshot before this one, have brought
   * already.
   */
  private Instant aheadUntil(Instant at, Claim claim) {
    return mode == SnapshotMode.CLEAN
        ? at
        : Stream.of(at, claim.position().committedAt(), claim.aheadUntil())
            .filter(Objects::nonNull)
            .max(Instant::compareTo)
            .orElse(at);
  }
}
