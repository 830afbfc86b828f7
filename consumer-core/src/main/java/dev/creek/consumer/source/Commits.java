package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.stream.Batch;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The position of one subscription. Commits are cumulative, and carried out one after the other.
 * While everything that was emitted is committed, the position follows the stream over messages of
 * other tables, so that a quiet table does not run into retention. Thread-safe.
 */
final class Commits {
  /** How often the position follows without changes. */
  private static final Duration FOLLOWING = Duration.ofSeconds(5);

  /** The number of messages behind which it follows sooner. */
  private static final long FOLLOWING_MESSAGES = 50_000;

  private final Positions positions;
  private final SnapshotHoldings holdings;
  private final AtomicReference<Mono<Void>> queue = new AtomicReference<>(Mono.empty());

  /** Stream sequence behind the last change that was emitted, or is about to be. */
  private volatile long emitted;

  /** The furthest place behind {@link #emitted} up to which nothing came; null if there is none. */
  private volatile @Nullable Position quiet;

  /** Up to here a commit was carried out, perhaps in a transaction that is still open. */
  private volatile long sent;

  /** The position that is stored. */
  private volatile Position stored;

  private volatile long followedNanos = System.nanoTime();

  /** False until something is stored that replaces the position of before. */
  private volatile boolean begun;

  /** Whether the first commit replaces any position; otherwise there must be none behind it. */
  private final boolean replaces;

  /** What the position is when reading begins. */
  enum Before {
    /** The one before the first change. */
    STORED,
    /** None. */
    NONE,
    /** Any; it is replaced by the first commit. */
    ANY
  }

  /**
   * @param start the position before the first change
   * @param holdings to be stored with it
   */
  Commits(Positions positions, Position start, Before before, SnapshotHoldings holdings) {
    this.positions = positions;
    this.begun = before == Before.STORED;
    this.replaces = before == Before.ANY;
    this.holdings = holdings;
    this.emitted = start.sequence();
    this.sent = start.sequence();
    this.stored = start;
  }

  /** Before a batch with changes leaves. Batches pass one at a time. */
  Mono<Void> emits(Batch batch) {
    quiet = null;
    emitted = batch.position().sequence();
    return holdings.takeUnstored() ? inTurn(Mono.defer(this::storeHoldings)) : Mono.empty();
  }

  /**
   * Stores what the holdings say now, with the same position. Before the first commit that is not
   * needed, and if the program commits in its own transactions neither: what it does with the next
   * change is undone with them.
   */
  private Mono<Void> storeHoldings() {
    Position at = stored;
    return begun && sent == at.sequence()
        ? positions.move(holdings.stored(at), at.sequence(), at.sequence() + 1).then()
        : Mono.empty();
  }

  /** Nothing came up to a place: stores it from time to time, if all is committed. */
  Mono<Void> passes(Position place) {
    quiet = place;
    return isFollowingDue(place) ? inTurn(Mono.defer(() -> follow(place))) : Mono.empty();
  }

  private boolean isFollowingDue(Position place) {
    return begun
        && sent >= emitted
        && (place.sequence() - stored.sequence() >= FOLLOWING_MESSAGES
            || System.nanoTime() - followedNanos >= FOLLOWING.toNanos());
  }

  /** A commit that was rolled back, of which only the database knows, does not count. */
  private Mono<Void> follow(Position place) {
    followedNanos = System.nanoTime();
    return positions
        .move(holdings.stored(place), emitted, place.sequence())
        .doOnNext(moved -> stored(place, moved))
        .then();
  }

  private void stored(Position place, boolean moved) {
    if (moved) {
      stored = place;
      sent = Math.max(sent, place.sequence());
    }
  }

  /**
   * Everything up to {@code to} is handled.
   *
   * @param first sequence of the first change of what is committed: whoever has moved the position
   *     there or beyond has handled it already
   */
  Mono<Void> commit(Position to, long first) {
    return inTurn(
        Mono.defer(
            () -> {
              if (begun && to.sequence() <= stored.sequence()) {
                return Mono.empty();
              }
              StoredPosition at = holdings.stored(furthest(to));
              return positions
                  .move(at, 0, first)
                  .flatMap(moved -> beganBy(moved, positions.begin(at)))
                  .flatMap(moved -> moved ? committed(at.position()) : conflict(to, first));
            }));
  }

  /** Tells whether everything up to a stream sequence is stored, and not only sent. */
  Mono<Boolean> isStored(long sequence) {
    return positions.load().map(now -> now.position().sequence() >= sequence).defaultIfEmpty(false);
  }

  private Mono<Void> committed(Position at) {
    begun = true;
    stored = at;
    sent = Math.max(sent, at.sequence());
    return Mono.empty();
  }

  /** The same in the program's transaction, which may be rolled back. */
  Mono<Void> commit(Position to, long first, Connection connection) {
    return inTurn(
        Mono.defer(
            () -> {
              StoredPosition at = holdings.stored(furthest(to));
              return positions
                  .move(at, 0, first, connection)
                  .doOnNext(moved -> begun |= moved)
                  .flatMap(moved -> beganBy(moved, positions.begin(at, connection)))
                  .flatMap(moved -> moved ? sent(to) : conflict(to, first));
            }));
  }

  /**
   * The first commit may replace a position of before, wherever that is. Whether it was rolled back
   * is known once another one moves the position from there.
   */
  private Mono<Boolean> beganBy(boolean moved, Mono<Void> begin) {
    return moved || begun || !replaces ? Mono.just(moved) : begin.thenReturn(true);
  }

  private Mono<Void> sent(Position to) {
    sent = Math.max(sent, to.sequence());
    return Mono.empty();
  }

  /** The place up to which nothing came behind it. */
  private Position furthest(Position to) {
    Position behind = quiet;
    return behind != null && to.sequence() == emitted && behind.sequence() > to.sequence()
        ? new Position(behind.stream(), behind.sequence(), to.lsn(), to.committedAt())
        : to;
  }

  private Mono<Void> conflict(Position to, long first) {
    return Mono.error(
        () ->
            new SourceException.Conflict(
                "the position in %s is not the one before stream sequence %d, to be moved to %d: another reader has moved it"
                    .formatted(positions, first, to.sequence()),
                "give each reader a name of its own; to let another process take over, end this one first",
                first));
  }

  private Mono<Void> inTurn(Mono<Void> work) {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> ended = Sinks.empty();
          return queue.getAndSet(ended.asMono()).then(work).doFinally(end -> ended.tryEmitEmpty());
        });
  }
}
