package dev.creek.consumer.stream;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Told how reading goes beside what it brings: a reader that gets over outages by itself would
 * otherwise look like one that has nothing to read. Called from any thread, one call at a time;
 * must not block.
 */
public interface ReadListener {
  /** Listens to nothing. */
  ReadListener NONE = new ReadListener() {};

  /**
   * Reading begins, or goes on after an interruption. Behind one in which the broker said nothing,
   * it does only once something has been heard.
   *
   * @param pending messages that the stream held of what is to be read
   */
  default void began(long pending) {}

  /**
   * Nothing is read until it {@link #began} again.
   *
   * @param reason why, for people
   * @param hint what somebody has to do; null where it passes by itself
   */
  default void interrupted(String reason, @Nullable String hint) {}

  /**
   * Changes are read, and something beside them is refused; until {@link #unhindered}, or another
   * session reads.
   *
   * @param reason what comes of it, and what is refused, for people
   * @param hint what somebody has to do
   */
  default void hindered(String reason, @Nullable String hint) {}

  /** What was refused beside the changes is not refused any more. */
  default void unhindered() {}

  /**
   * Another session reads from now on.
   *
   * @param howFar asks it, each time; empty where something of the table is on its way
   */
  default void reads(Mono<Read> howFar) {}

  /**
   * The place up to which a table has been read.
   *
   * @param upTo stream sequence up to which the stream holds nothing of the table that has not left
   *     the reader
   * @param left sequence of the last packet that left it, or behind which it began
   */
  record Read(long upTo, long left) {}

  /** Tells another one as well. */
  default ReadListener and(ReadListener other) {
    ReadListener first = this;
    return new ReadListener() {
      @Override
      public void began(long pending) {
        first.began(pending);
        other.began(pending);
      }

      @Override
      public void hindered(String reason, @Nullable String hint) {
        first.hindered(reason, hint);
        other.hindered(reason, hint);
      }

      @Override
      public void unhindered() {
        first.unhindered();
        other.unhindered();
      }

      @Override
      public void reads(Mono<Read> howFar) {
        first.reads(howFar);
        other.reads(howFar);
      }

      @Override
      public void interrupted(String reason, @Nullable String hint) {
        first.interrupted(reason, hint);
        other.interrupted(reason, hint);
      }
    };
  }
}
