package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import dev.creek.consumer.wire.WalSchema;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Learns behind which kinds of changes source transactions end. A kind is a table and an operation:
 * an order that is inserted is followed by its lines, a measurement by nothing. A kind ends
 * transactions if it did so {@link #FIRST} times in a row; after each time that it was wrong, the
 * doubled number is needed, up to {@link #MOST}. Not thread-safe.
 */
final class Endings {
  static final int FIRST = 64;
  static final int MOST = 1 << 14;

  private final IdentityHashMap<WalSchema, Map<Operation, Kind>> kinds = new IdentityHashMap<>();

  private static final class Kind {
    private int inARow;
    private int needed = FIRST;

    void saw(boolean ended) {
      if (ended) {
        inARow = Math.min(MOST, inARow + 1);
      } else {
        needed = inARow >= needed ? Math.min(MOST, 2 * needed) : needed;
        inARow = 0;
      }
    }
  }

  /** A change was followed by another one, of another transaction if it ended its own. */
  void saw(Change change, boolean ended) {
    kind(change).saw(ended);
  }

  /** Tells whether changes of this kind usually are the last of their transactions. */
  boolean endsWith(Change change) {
    Kind kind = kind(change);
    return kind.inARow >= kind.needed;
  }

  private Kind kind(Change change) {
    return kinds
        .computeIfAbsent(change.schema(), schema -> new EnumMap<>(Operation.class))
        .computeIfAbsent(change.operation(), operation -> new Kind());
  }
}
