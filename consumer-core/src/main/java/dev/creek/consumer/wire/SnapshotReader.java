package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the packets of one snapshot, in stream order: a header, rows, the end marker.
 *
 * <p>Memory: the rows that were not taken yet, and those of {@link MessageAssembler}. Not
 * thread-safe. It cannot be used after an exception.
 */
public final class SnapshotReader {
  private static final byte[] END = {'E', 'O', 'F'};

  private final MessageAssembler assembler;
  private @Nullable SnapshotHeader header;
  private List<WireMessage> rows = new ArrayList<>();
  private long rowBytes;
  private long packets;
  private boolean ended;

  /**
   * A reader that stands before the first packet.
   *
   * @param maxMessageBytes longest row that is accepted
   */
  public SnapshotReader(int maxMessageBytes) {
    assembler = new MessageAssembler(maxMessageBytes);
  }

  /**
   * Takes the next packet.
   *
   * @param packet its payload, which must not change any more
   * @param last whether the stream seems to hold nothing more of this snapshot. A row may look like
   *     the end marker, but only the marker is the last packet
   * @throws MessageException.NoHeader if the first message is no header
   * @throws MessageException if the packets are no whole messages, or continue after the end
   */
  public void accept(long sequence, byte[] packet, boolean last) {
    packets++;
    if (ended) {
      throw new MessageException(
          "message at sequence " + sequence + ": the snapshot has ended, but messages follow");
    }
    WireMessage message = header == null ? first(sequence, packet) : next(sequence, packet);
    if (message == null) {
      return;
    }
    SnapshotHeader known = header;
    if (known == null) {
      header = readHeader(message);
    } else if (isEnd(message) && (last || !couldBeRow(message, known.shape()))) {
      ended = true;
    } else {
      rows.add(message);
      rowBytes += message.length();
    }
  }

  private @Nullable WireMessage first(long sequence, byte[] packet) {
    try {
      return assembler.accept(sequence, packet);
    } catch (MessageException e) {
      throw noHeader(sequence, e);
    }
  }

  private @Nullable WireMessage next(long sequence, byte[] packet) {
    WireMessage message = assembler.accept(sequence, packet);
    if (assembler.abandoned() > 0) {
      throw new MessageException("a row ends in its middle, before sequence " + sequence);
    }
    return message;
  }

  private static SnapshotHeader readHeader(WireMessage message) {
    try {
      return SnapshotHeader.parse(message);
    } catch (MessageException e) {
      throw noHeader(message.firstSequence(), e);
    }
  }

  private static MessageException.NoHeader noHeader(long sequence, MessageException why) {
    return new MessageException.NoHeader(
        "the snapshot begins at sequence %d without its header (%s)"
            .formatted(sequence, why.getMessage()),
        why);
  }

  private static boolean isEnd(WireMessage message) {
    return message.length() == END.length
        && Arrays.equals(
            message.bytes(), message.offset(), message.offset() + END.length, END, 0, END.length);
  }

  /**
   * Tells whether a message could be a row: (-35, -40, 35) in three columns that are never NULL,
   * for example.
   */
  private static boolean couldBeRow(WireMessage message, RecordShape shape) {
    try {
      var cursor =
          new AvroCursor()
              .over(message.bytes(), message.offset(), message.offset() + message.length());
      cursor.skip(shape);
      return cursor.remaining() == 0;
    } catch (MessageException e) {
      return false;
    }
  }

  /** The snapshot's header; null before it has come. */
  public @Nullable SnapshotHeader header() {
    return header;
  }

  /** Tells whether the end marker has come. */
  public boolean ended() {
    return ended;
  }

  /** Number of packets taken. */
  public long packets() {
    return packets;
  }

  /** Number of rows that wait to be taken. */
  public int waitingRows() {
    return rows.size();
  }

  /** Bytes of the rows that wait. */
  public long waitingBytes() {
    return rowBytes;
  }

  /** Takes the rows that have come since the last call: one bare Avro record each. */
  public List<WireMessage> takeRows() {
    List<WireMessage> taken = rows;
    rows = new ArrayList<>();
    rowBytes = 0;
    return taken;
  }
}
