package dev.creek.consumer.jetstream;

import dev.creek.consumer.jetstream.PullWindow.Proof;
import org.jspecify.annotations.Nullable;

/**
 * Counts which of the packets that came are proven: nothing before them was removed unread. A
 * packet that was waited for when it was published needs no proof. Not thread-safe: {@link
 * PullWindow} guards it.
 */
final class PacketProofs {
  /** Younger messages are removed neither by retention nor by hand, and need no proof. */
  static final long LIVE_NANOS = 100_000_000L;

  private final int proofPackets;

  private long pending;

  /** Number of messages received, and number known to exist. */
  private long arrived;

  private long announced;

  /** True if everything that the stream held has come, and more is waited for. */
  private boolean idle;

  private long caughtUpAt;
  private long lastSequence;
  private boolean fromOldest;
  private int unproven;
  private long proven;
  private boolean asked;
  private boolean anyProven;

  /**
   * No packets yet.
   *
   * @param proofPackets number of packets that are worth a query
   * @param next sequence from which a consumer reads
   * @param fromOldest whether it reads from the oldest message on, wherever that is
   * @param nothingPending whether there was nothing to read when it was created
   */
  PacketProofs(int proofPackets, long next, boolean fromOldest, boolean nothingPending, long now) {
    this.proofPackets = proofPackets;
    this.fromOldest = fromOldest;
    proven = next - 1;
    lastSequence = proven;
    idle = nothingPending;
    caughtUpAt = nothingPending ? now : now - LIVE_NANOS;
  }

  /**
   * A packet has come.
   *
   * @param pendingBehind number of further messages in the stream
   */
  void arrived(long sequence, long pendingBehind, long now) {
    lastSequence = sequence;
    pending = pendingBehind;
    arrived++;
    if (arrived + pendingBehind < announced) {
      // Some that were still to come are gone, so younger ones may be, too.
      idle = false;
      caughtUpAt = now - LIVE_NANOS;
    }
    announced = arrived + pendingBehind;
    if (idle) {
      // Before this one there was nothing.
      caughtUpAt = now;
    }
    boolean live = now - caughtUpAt < LIVE_NANOS;
    idle = pending == 0;
    if (idle) {
      caughtUpAt = now;
    }
    if (live && unproven == 0) {
      proven = sequence;
      fromOldest = false;
    } else {
      unproven++;
    }
  }

  /** Messages that come now were not waited for. */
  void notWaitedFor() {
    idle = false;
  }

  /** Everything has come, and more is waited for. */
  void waitedFor(long now) {
    idle = true;
    caughtUpAt = now;
  }

  /** Nothing up to here is missing. */
  void provenUpTo(long sequence) {
    proven = Math.max(proven, sequence);
    lastSequence = Math.max(lastSequence, sequence);
  }

  /**
   * The query to send, if one is due; it is open until {@link #proved}.
   *
   * @param quiet whether no message is expected for now
   */
  @Nullable Proof next(boolean quiet) {
    if (!isDue(quiet)) {
      return null;
    }
    asked = true;
    return new Proof(proven + 1, unproven, lastSequence);
  }

  /** Tells whether a query is due. */
  boolean isDue(boolean quiet) {
    return unproven > 0
        && !asked
        && (!anyProven || unproven >= proofPackets || pending == 0 || quiet);
  }

  /**
   * Nothing was missing before these packets.
   *
   * @param held number of packets that have not been emitted yet
   */
  void proved(Proof proof, int held) {
    asked = false;
    anyProven = true;
    fromOldest = false;
    unproven = Math.min(unproven - proof.packets(), held);
    proven = proof.last();
  }

  /** Number of packets, the last ones that came, that are not proven. */
  int unproven() {
    return unproven;
  }

  /** Sequence up to which nothing is missing. */
  long proven() {
    return proven;
  }

  /** Tells whether reading may begin anywhere, so that earlier removals do not matter. */
  boolean isFromOldest() {
    return fromOldest;
  }

  boolean isIdle() {
    return idle;
  }

  /** Number of messages in the stream behind the last one that came. */
  long pending() {
    return pending;
  }
}
