package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** A growing buffer with Avro's primitives. */
final class AvroBuffer {
  private byte[] bytes = new byte[1024];
  private int length;

  int length() {
    return length;
  }

  /** Takes back what was written after {@code length}. */
  void truncate(int length) {
    this.length = length;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  void writeByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }

  void writeRaw(byte[] source, int from, int count) {
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  void writeRaw(byte[] source) {
    writeRaw(source, 0, source.length);
  }

  void writeRaw(AvroBuffer source) {
    writeRaw(source.bytes, 0, source.length);
  }

  /** Zigzag and variable length, which is how Avro writes int, too. */
  void writeLong(long value) {
    reserve(10);
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  void writeFloatBits(int bits) {
    writeLittleEndian(bits, Float.BYTES);
  }

  void writeDoubleBits(long bits) {
    writeLittleEndian(bits, Double.BYTES);
  }

  /** Length and bytes, which is how Avro writes both bytes and string. */
  void writeBytes(byte[] source, int from, int count) {
    writeLong(count);
    writeRaw(source, from, count);
  }

  void writeString(String value) {
    byte[] utf8 = value.getBytes(UTF_8);
    writeBytes(utf8, 0, utf8.length);
  }

  private void writeLittleEndian(long bits, int count) {
    reserve(count);
    for (int i = 0; i < count; i++) {
      bytes[length++] = (byte) (bits >>> (8 * i));
    }
  }

  private void reserve(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }
}
