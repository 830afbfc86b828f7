package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The requests to one consumer, the received messages, and those of them that may be emitted. All
 * bounds are kept here: requested and waiting messages are together never more than allowed, nor
 * are their bytes, except for a single message that is longer than all bytes allowed. The number of
 * bytes allowed depends on how many other tables have a backlog.
 *
 * <p>One request is open at a time; the next one goes when half of the room is free, so reading
 * goes on while earlier messages are applied.
 *
 * <p><b>Proof.</b> A consumer silently skips messages that retention removed before it came to
 * them. A reader that waits at the stream's end cannot lose any that way. One that lags may. Then
 * packets are emitted only if the stream, queried after they came, still began at or before the
 * first one after the last proven packet, and has no hole between that and the last of them.
 *
 * <p>Thread-safe: the client's thread puts in, the reader takes out; each call is short.
 */
final class PullWindow {
  private final int maxMessages;
  private final ByteShares.Share share;
  private final OpenPull pull;
  private final PacketProofs proofs;

  private final ArrayDeque<Packet> packets = new ArrayDeque<>();
  private long bytes;

  private long frontier;
  private long idleFrontier;
  private long left;

  /**
   * The window of one consumer.
   *
   * @param share of the bytes that all windows may hold
   * @param overheadBytes bytes of a message on its way besides those that the broker counts
   * @param next sequence from which it reads
   * @param fromOldest whether it reads from the oldest message on, wherever that is
   * @param nothingPending whether there was nothing to read when it was created
   */
  PullWindow(
      BrokerOptions options,
      ByteShares.Share share,
      int overheadBytes,
      long next,
      boolean fromOldest,
      boolean nothingPending,
      long now) {
    maxMessages = options.maxMessages();
    this.share = share;
    pull = new OpenPull(maxMessages, overheadBytes, now);
    proofs = new PacketProofs(Math.max(1, maxMessages / 2), next, fromOldest, nothingPending, now);
    frontier = next - 1;
    left = fromOldest ? 0 : next - 1;
  }

  /**
   * A request for messages.
   *
   * @param number its number for the consumer
   * @param bytes 0 if one message may have any length
   */
  record Pull(int number, int messages, long bytes) {}

  /**
   * A query that proves packets: whether the stream still begins at or before {@code first}.
   *
   * @param packets number of packets that it proves
   * @param last sequence of the last of them
   */
  record Proof(long first, int packets, long last) {}

  /** Requests more, if no request is open and there is room. */
  synchronized @Nullable Pull nextPull(long now) {
    if (pull.isOpen()) {
      return null;
    }
    int room = maxMessages - packets.size();
    boolean alone = pull.isNextAlone();
    if (alone ? !packets.isEmpty() : room * 2L < maxMessages) {
      return null;
    }
    long maxBytes = share.reserve(bytes, !proofs.isIdle());
    long roomBytes = maxBytes - bytes;
    if (!alone && roomBytes * 2 < maxBytes) {
      share.keep(bytes);
      return null;
    }
    if (pull.closedNanos(now) >= PacketProofs.LIVE_NANOS) {
      proofs.notWaitedFor();
    }
    return pull.open(room, roomBytes);
  }

  /** Tells whether an answer or a heartbeat of the broker is due. */
  synchronized boolean isAsked() {
    return pull.isOpen();
  }

  /** The request with this number has ended; without effect if another one is open. */
  synchronized void pullEnded(int number, long now) {
    pull.ended(number, now);
  }

  /** It has ended because the next message is longer than the rest of its bytes. */
  synchronized void pullEndedByBytes(int number, long now) {
    pull.endedByBytes(number, now);
  }

  /**
   * A message has come.
   *
   * @param wireBytes its size as the broker counts it
   * @param pendingBehind number of further messages in the stream
   */
  synchronized void arrived(Packet packet, long wireBytes, long pendingBehind, long now) {
    packets.add(packet);
    bytes += packet.data().length;
    pull.arrived(wireBytes, now);
    proofs.arrived(packet.sequence(), pendingBehind, now);
  }

  /** Tells whether a request is due now, for more or for a proof. */
  synchronized boolean isAskDue() {
    return !pull.isOpen() || proofs.isDue(false);
  }

  /** Tells whether something may be emitted. */
  synchronized boolean hasReady() {
    return packets.size() > proofs.unproven();
  }

  /**
   * The query to send, if one is due; it is open until it was answered.
   *
   * @param quiet whether the broker has nothing more for now
   */
  synchronized @Nullable Proof nextProof(boolean quiet) {
    return proofs.next(quiet || !pull.isOpen());
  }

  /**
   * Tells whether reading may begin anywhere, so that earlier removals by retention do not matter.
   */
  synchronized boolean mayForget() {
    return proofs.isFromOldest();
  }

  /**
   * The stream still held everything that precedes these packets.
   *
   * @param begins first sequence of the stream at the time of the query
   */
  synchronized void proved(Proof proof, long begins) {
    if (proofs.isFromOldest()) {
      forgetBefore(begins);
    }
    proofs.proved(proof, packets.size());
  }

  /**
   * The first message that is missing from the stream and was not received before.
   *
   * @param from from this sequence on, or from the first that is not proven
   * @param to up to this sequence
   * @param known holes that do not count
   * @return {@link Long#MAX_VALUE} if there is none
   */
  synchronized long firstUnread(Holes holes, Holes known, long from, long to) {
    Iterator<Packet> held = packets.iterator();
    long came = 0;
    long hole =
        holes.next(Math.max(from, proofs.isFromOldest() ? oldestHeld(to) : proofs.proven() + 1));
    while (hole <= to) {
      while (came < hole && held.hasNext()) {
        came = held.next().sequence();
      }
      if (came != hole && !known.contains(hole)) {
        return hole;
      }
      hole = holes.next(hole + 1);
    }
    return Long.MAX_VALUE;
  }

  private long oldestHeld(long otherwise) {
    Packet oldest = packets.peek();
    return oldest == null ? otherwise + 1 : oldest.sequence();
  }

  private void forgetBefore(long begins) {
    for (Packet p = packets.peek(); p != null && p.sequence() < begins; p = packets.peek()) {
      bytes -= p.data().length;
      packets.remove();
    }
  }

  /**
   * The available packets, up to these bounds, at least one if there is any.
   *
   * @return null if nothing may be emitted
   */
  synchronized @Nullable Delivery take(int maxPackets, long maxDeliveryBytes) {
    int ready = Math.min(packets.size() - proofs.unproven(), maxPackets);
    if (ready <= 0) {
      return packets.isEmpty() && idleFrontier > frontier ? emptyDelivery() : null;
    }
    List<Packet> taken = new ArrayList<>(ready);
    long takenBytes = 0;
    for (int i = 0; i < ready && (i == 0 || takenBytes < maxDeliveryBytes); i++) {
      Packet packet = packets.remove();
      takenBytes += packet.data().length;
      taken.add(packet);
    }
    bytes -= takenBytes;
    share.keep(bytes + pull.bytesLeft());
    frontier = taken.get(taken.size() - 1).sequence();
    left = frontier;
    return new Delivery(taken, proofs.pending() + packets.size(), frontier);
  }

  private Delivery emptyDelivery() {
    frontier = idleFrontier;
    return new Delivery(List.of(), 0, frontier);
  }

  /** Nothing more is requested. */
  void close() {
    share.close();
  }

  /**
   * An idle moment: everything received has been emitted, and more is waited for.
   *
   * @param next first sequence that is not known to be read
   * @param live whether nothing can have been removed unread, because it was waited for all along
   * @param left sequence of the last packet emitted, or after which reading began
   */
  record Idle(long next, boolean live, long left) {}

  /** Null where it is not idle. */
  synchronized @Nullable Idle idleNow() {
    return pull.isOpen() && packets.isEmpty()
        ? new Idle(proofs.proven() + 1, proofs.isIdle() || proofs.isFromOldest(), left)
        : null;
  }

  /**
   * Up to here the stream holds nothing that did not come.
   *
   * @param now time of the broker's answer
   */
  synchronized void idleUpTo(long sequence, long now) {
    idleFrontier = Math.max(idleFrontier, sequence);
    proofs.provenUpTo(sequence);
    if (pull.isOpen() && packets.isEmpty()) {
      proofs.waitedFor(now);
    }
  }
}
