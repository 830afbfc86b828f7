package dev.creek.consumer.row;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Numbers distinct keys from 0: a hash table with open addressing over one array that holds all
 * their bytes. Cleared and reused for every batch, so a batch causes no garbage.
 */
final class KeyTable {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int SMALLEST = 16;

  private final ValueColumn bytes = new ValueColumn(1 << 10);
  private int[] slots = new int[SMALLEST];
  private int mask;

  /** By key: its start; {@code starts[size]} is the start of the next one. */
  private int[] starts = new int[SMALLEST];

  private int[] hashes = new int[SMALLEST];
  private int size;

  /**
   * Removes all keys. {@code keys} is the maximum number to come: the table does not grow between
   * clears.
   */
  void clear(int keys) {
    int capacity = Math.max(SMALLEST, Integer.highestOneBit(Math.max(1, keys)) << 2);
    if (slots.length < capacity) {
      slots = new int[capacity];
      starts = new int[capacity];
      hashes = new int[capacity];
    } else {
      Arrays.fill(slots, 0, capacity, 0);
    }
    mask = capacity - 1;
    size = 0;
    bytes.clear();
  }

  /** The column to which the next key's values are added before {@link #intern()}. */
  ValueColumn bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  /** Start of a key in {@link #bytes()}; for {@link #size()}, the start of the next key. */
  int start(int key) {
    return starts[key];
  }

  /** The number of the key whose values were added last. */
  int intern() {
    int from = starts[size];
    int to = bytes.size();
    byte[] array = bytes.array();
    int hash = hash(array, from, to);
    for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
      int key = slots[slot] - 1;
      if (key < 0) {
        slots[slot] = size + 1;
        hashes[size] = hash;
        starts[size + 1] = to;
        return size++;
      }
      if (hashes[key] == hash
          && Arrays.equals(array, starts[key], starts[key + 1], array, from, to)) {
        bytes.truncate(from);
        return key;
      }
    }
  }

  /** Bytes that are kept between batches. */
  int retainedBytes() {
    return bytes.array().length + 12 * slots.length;
  }

  static int hash(byte[] array, int from, int to) {
    long hash = from - (long) to;
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      hash = mix(hash ^ (long) LONG.get(array, at));
    }
    for (; at < to; at++) {
      hash = mix(hash ^ array[at]);
    }
    // A second time: a difference in the last word's upper bits has not reached the lower ones yet.
    return (int) mix(hash);
  }

  /** Multiplies by 2^64 / phi, which carries bits upwards, and folds the upper half back down. */
  private static long mix(long hash) {
    long product = hash * 0x9E3779B97F4A7C15L;
    return product ^ product >>> 32;
  }
}
