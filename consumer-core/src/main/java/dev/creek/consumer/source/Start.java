package dev.creek.consumer.source;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where reading begins. A start other than a stored position replaces the position that is stored.
 */
public final class Start {
  /** With the oldest changes that the stream holds. */
  public static final Start EARLIEST = new Start(Kind.EARLIEST, 0, null, null);

  /** With what is published from now on. */
  public static final Start LATEST = new Start(Kind.LATEST, 0, null, null);

  /**
   * With a new snapshot of each table, one after the other, and then with the changes behind them.
   * Tables must be named; patterns do not suffice.
   */
  public static final Start SNAPSHOT = new Start(Kind.SNAPSHOT, 0, null, null);

  private final Kind kind;
  private final long sequence;
  private final @Nullable Instant time;
  private final @Nullable Start otherwise;

  enum Kind {
    EARLIEST,
    LATEST,
    SEQUENCE,
    TIME,
    SNAPSHOT,
    STORED
  }

  private Start(Kind kind, long sequence, @Nullable Instant time, @Nullable Start otherwise) {
    this.kind = kind;
    this.sequence = sequence;
    this.time = time;
    this.otherwise = otherwise;
  }

  /**
   * With the message of this sequence in the stream, or the next one after it.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static Start sequence(long sequence) {
    if (sequence < 1) {
      throw new IllegalArgumentException("sequences begin with 1, not " + sequence);
    }
    return new Start(Kind.SEQUENCE, sequence, null, null);
  }

  /** With what was committed at a time or later, by the source's clock. */
  public static Start time(Instant time) {
    return new Start(Kind.TIME, 0, time, null);
  }

  /**
   * Behind the stored position; if there is none, elsewhere.
   *
   * @param otherwise where a reader begins that has no position yet
   * @throws IllegalArgumentException if that is a stored position, too
   */
  public static Start storedOr(Start otherwise) {
    if (otherwise.kind == Kind.STORED) {
      throw new IllegalArgumentException("storedOr needs a start that is not stored");
    }
    return new Start(Kind.STORED, 0, null, otherwise);
  }

  Kind kind() {
    return kind;
  }

  long sequence() {
    return sequence;
  }

  @Nullable Instant time() {
    return time;
  }

  /** The start without a stored position. */
  Start otherwise() {
    return otherwise == null ? this : otherwise;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case EARLIEST, LATEST, SNAPSHOT -> kind.name().toLowerCase(java.util.Locale.ROOT);
      case SEQUENCE -> "sequence " + sequence;
      case TIME -> String.valueOf(time);
      case STORED -> "stored or " + otherwise;
    };
  }
}
