package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Walks Avro binary in place, without objects per value. Every read checks its bounds and throws
 * {@link MessageException}, naming the place but never the bytes. Not thread-safe.
 */
public final class AvroCursor {
  private static final byte[] NONE = {};
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = NONE;
  private int from;
  private int position;
  private int limit;

  /** Moves to {@code bytes[from, to)}; the cursor can be used again for any number of messages. */
  public AvroCursor over(byte[] bytes, int from, int to) {
    Objects.checkFromToIndex(from, to, bytes.length);
    this.bytes = bytes;
    this.from = from;
    this.position = from;
    this.limit = to;
    return this;
  }

  /** The array that the cursor walks. */
  public byte[] bytes() {
    return bytes;
  }

  /** Index in {@link #bytes()} of the next byte to read. */
  public int position() {
    return position;
  }

  /** Number of bytes left. */
  public int remaining() {
    return limit - position;
  }

  /** Skips {@code count} bytes. */
  public void advance(int count) {
    if (count < 0 || count > limit - position) {
      throw overrun();
    }
    position += count;
  }

  /** Goes back to an earlier {@link #position()} in the same bytes. */
  public void back(int to) {
    if (to < from || to > position) {
      throw new IllegalArgumentException("not a position that was passed");
    }
    position = to;
  }

  /** An Avro int or long: zigzag, variable length. */
  public long readLong() {
    int at = position;
    if (at < limit && bytes[at] >= 0) {
      position = at + 1;
      long first = bytes[at];
      return (first >>> 1) ^ -(first & 1);
    }
    return readLongBytes();
  }

  private long readLongBytes() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = readByte();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        if (shift == 63 && next > 1) {
          throw malformed("a number beyond 64 bits");
        }
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw malformed("a number of more than 10 bytes");
  }

  /** An Avro int. */
  public int readInt() {
    long value = readLong();
    if (value != (int) value) {
      throw malformed("an int beyond 32 bits");
    }
    return (int) value;
  }

  /** An Avro boolean. */
  public boolean readBoolean() {
    byte value = readByte();
    if ((value & ~1) != 0) {
      throw malformed("a boolean that is neither 0 nor 1");
    }
    return value == 1;
  }

  /** The bits of an Avro float. */
  public int readFloatBits() {
    int at = position;
    advance(Float.BYTES);
    return (int) INT.get(bytes, at);
  }

  /** The bits of an Avro double. */
  public long readDoubleBits() {
    int at = position;
    advance(Double.BYTES);
    return (long) LONG.get(bytes, at);
  }

  /**
   * The length of bytes or a string. The value begins at {@link #position()} and is completely
   * there; {@link #advance} skips it.
   */
  public int readLength() {
    long length = readLong();
    if (length < 0 || length > limit - position) {
      throw malformed("a length that is negative or beyond the end");
    }
    return (int) length;
  }

  /** A string, decoded. */
  public String readString() {
    int length = readLength();
    int at = position;
    advance(length);
    return new String(bytes, at, length, StandardCharsets.UTF_8);
  }

  /**
   * The branch of a union, one of the three that the slot names; the value branch if the slot is no
   * union.
   */
  public int readBranch(WireType.Slot slot) {
    if (!slot.union()) {
      return slot.valueBranch();
    }
    long branch = readLong();
    boolean known =
        branch == slot.nullBranch()
            || branch == slot.valueBranch()
            || branch == slot.infinityBranch();
    if (branch < 0 || !known) {
      throw malformed("a union branch that its schema does not have");
    }
    return (int) branch;
  }

  /** The infinity enum: true for infinity, false for negative infinity. */
  public boolean readInfinityIsPositive() {
    return readIndex(2) == 0;
  }

  /** An index into {@code count} symbols or branches. */
  public int readIndex(int count) {
    long index = readLong();
    if (index < 0 || index >= count) {
      throw malformed("an index that its schema does not have");
    }
    return (int) index;
  }

  /**
   * Number of items in an array's next block, 0 after the last block. No item is smaller than a
   * byte, so a count greater than the bytes left is malformed.
   */
  public int readBlock() {
    long count = readLong();
    if (count < 0) {
      // A block that also has its size in bytes, for readers that want to skip it.
      readLength();
      count = -count;
    }
    if (count < 0 || count > limit - position) {
      throw malformed("an array block beyond the end");
    }
    return (int) count;
  }

  /** Skips a record. */
  public void skip(RecordShape shape) {
    List<WireField> fields = shape.fields();
    for (int i = 0, size = fields.size(); i < size; i++) {
      skip(fields.get(i).slot());
    }
  }

  /**
   * Skips a value.
   *
   * @throws MessageException also if there is a value that cannot be decoded
   */
  public void skip(WireType.Slot slot) {
    int branch = readBranch(slot);
    if (slot.union() && branch == slot.nullBranch()) {
      return;
    }
    if (slot.union() && branch == slot.infinityBranch()) {
      readInfinityIsPositive();
      return;
    }
    skip(slot.type());
  }

  private void skip(WireType type) {
    if (type instanceof WireType.Plain plain) {
      skip(plain);
    } else if (type instanceof WireType.Decimal) {
      advance(readLength());
    } else if (type instanceof WireType.ArrayOf array) {
      for (int items = readBlock(); items > 0; items = readBlock()) {
        for (int i = 0; i < items; i++) {
          skip(array.item());
        }
      }
    } else if (type instanceof WireType.Undecodable undecodable) {
      throw malformed("a value that cannot be decoded (" + undecodable.why() + ")");
    }
  }

  private void skip(WireType.Plain type) {
    switch (type) {
      case BOOLEAN -> readBoolean();
      case INT, DATE -> readInt();
      case LONG, TIME_MICROS, TIMESTAMP_MICROS -> readLong();
      case FLOAT -> advance(Float.BYTES);
      case DOUBLE -> advance(Double.BYTES);
      case STRING, UUID, BYTES -> advance(readLength());
    }
  }

  /** An error with its description and place. */
  public MessageException malformed(String what) {
    return new MessageException(what + ", at byte " + (position - from) + " of " + (limit - from));
  }

  private byte readByte() {
    if (position >= limit) {
      throw overrun();
    }
    return bytes[position++];
  }

  private MessageException overrun() {
    return malformed("a value that goes on beyond the end");
  }
}
