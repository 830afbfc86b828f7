package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.wire.Change;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the changes of one table that are known not to be applied yet. Its pipeline reports them
 * chunk by chunk, so that their age is known even while the pipeline is stuck. Thread-safe; each
 * call is short.
 *
 * <p>Between two commits inside a chunk the exact oldest change is not known: then it is assumed to
 * be as old as the last one applied.
 */
final class LagTracker implements Backlog, ReadListener {
  private final InstantSource clock;
  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();

  /** Changes in the chunks, and those of them that are written but not committed. */
  private long received;

  private long written;

  /** In the stream, not delivered. */
  private long undelivered;

  private long delivered;
  private long decoded;
  private boolean reading;

  /** Commit time of what the last run did not apply; until this run has read as far. */
  private @Nullable Instant before;

  /** The time since when something has been pending, or may have been. */
  private Instant since;

  private boolean upToDate;

  /** True once it has been up to date: before that, the beginning of the lag is not known. */
  private boolean wasUpToDate;

  private record Chunk(long lastSequence, Instant oldest) {}

  LagTracker(InstantSource clock) {
    this.clock = clock;
    this.since = clock.instant();
  }

  /** A run of the pipeline begins; what the last one held is read again. */
  synchronized void starts() {
    before = oldest();
    chunks.clear();
    received = 0;
    written = 0;
    delivered = 0;
    decoded = 0;
    settle();
  }

  @Override
  public synchronized void began(long pending) {
    reading = true;
    undelivered = pending;
    settle();
  }

  @Override
  public synchronized void interrupted(String reason, @Nullable String hint) {
    stopped();
  }

  /** Reading has stopped. */
  synchronized void stopped() {
    reading = false;
    settle();
  }

  synchronized void delivered(Delivery delivery) {
    undelivered = delivery.pending();
    delivered = Math.max(delivered, delivery.frontier());
    settle();
  }

  synchronized void decoded(DecodedChunk chunk) {
    List<Change> changes = chunk.changes();
    if (!changes.isEmpty()) {
      Change last = changes.get(changes.size() - 1);
      received(changes.size(), changes.get(0).committedAt(), last.sequence());
    }
    decoded = Math.max(decoded, chunk.frontier());
    settle();
  }

  /**
   * Changes were read.
   *
   * @param oldest commit time of the first
   * @param last stream sequence of the last
   */
  synchronized void received(int changes, Instant oldest, long last) {
    chunks.add(new Chunk(last, oldest));
    received += changes;
    before = null;
    decoded = Math.max(decoded, last);
    settle();
  }

  /** Everything up to this stream sequence was read, and so much is left. */
  synchronized void readTo(long frontier, long pending) {
    undelivered = pending;
    delivered = Math.max(delivered, frontier);
    decoded = Math.max(decoded, frontier);
    settle();
  }

  /** A batch is in the database, perhaps not committed. */
  synchronized void written(int changes) {
    written += changes;
  }

  synchronized void committed(Position position) {
    received -= written;
    written = 0;
    for (Chunk c = chunks.peek();
        c != null && c.lastSequence() <= position.sequence();
        c = chunks.peek()) {
      chunks.remove();
    }
    Chunk first = chunks.peek();
    Instant applied = position.committedAt();
    if (first != null && applied != null && applied.isAfter(first.oldest())) {
      chunks.remove();
      chunks.addFirst(new Chunk(first.lastSequence(), applied));
    }
    settle();
  }

  private void settle() {
    boolean was = upToDate;
    upToDate = reading && undelivered == 0 && decoded >= delivered && chunks.isEmpty();
    if (upToDate) {
      before = null;
      wasUpToDate = true;
    } else if (was) {
      since = clock.instant();
    }
  }

  private @Nullable Instant oldest() {
    Chunk first = chunks.peek();
    return first == null ? before : first.oldest();
  }

  /** Tells whether everything that was read is applied, and no more is known of. */
  synchronized boolean isUpToDate() {
    return upToDate;
  }

  @Override
  public synchronized Duration lag() {
    if (upToDate) {
      return Duration.ZERO;
    }
    Instant oldest = oldest();
    Duration age = Duration.between(oldest == null ? since : oldest, clock.instant());
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** Empty if it is not known. */
  synchronized Optional<Duration> knownLag() {
    return lagCertainty() == Certainty.KNOWN ? Optional.of(lag()) : Optional.empty();
  }

  @Override
  public synchronized Certainty lagCertainty() {
    if (upToDate || oldest() != null) {
      return Certainty.KNOWN;
    }
    if (!wasUpToDate) {
      return Certainty.UNKNOWN;
    }
    return reading ? Certainty.KNOWN : Certainty.BOUND;
  }

  @Override
  public synchronized long pendingMessages() {
    return undelivered + received;
  }

  /** A lower bound of 0 says nothing. */
  @Override
  public synchronized Certainty pendingCertainty() {
    if (reading) {
      return Certainty.KNOWN;
    }
    return undelivered + received > 0 ? Certainty.BOUND : Certainty.UNKNOWN;
  }
}
