package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Notified of interruptions of reading. A reader overcomes outages by itself, so without a listener
 * it would look like one that has nothing to read. Called from any thread, one call at a time; must
 * not block.
 */
public interface ReadListener {
  /** A listener that does nothing. */
  ReadListener NONE = new ReadListener() {};

  /**
   * Reading begins, or continues after an interruption. After an interruption in which the broker
   * was silent, this is called only once something has been received.
   *
   * @param pending messages in the stream that are to be read
   */
  default void began(long pending) {}

  /**
   * Nothing is read until {@link #began} is called again.
   *
   * @param reason the cause, for the user
   * @param hint the remedy; null if it passes by itself
   */
  default void interrupted(String reason, @Nullable String hint) {}

  /**
   * The broker refuses what reading needs.
   *
   * @return true if the caller ends reading for that, so that it is no interruption; otherwise it
   *     goes on as after any other one
   */
  default boolean refused(BrokerException.Denied refusal) {
    return false;
  }

  /**
   * Changes are read, but something else is refused, until {@link #unhindered}, or until another
   * session reads.
   *
   * @param reason what is refused, and the consequence, for the user
   * @param hint the remedy
   */
  default void hindered(String reason, @Nullable String hint) {}

  /** The refused request is allowed again. */
  default void unhindered() {}

  /**
   * Another session reads from now on.
   *
   * @param howFar queries its progress, each time; empty while messages of the table are on their
   *     way
   */
  default void reads(Mono<Read> howFar) {}

  /**
   * The place up to which a table has been read.
   *
   * @param upTo stream sequence up to which the stream holds nothing of the table that has not left
   *     the reader
   * @param left sequence of the last packet that left it, or after which it began
   */
  record Read(long upTo, long left) {}

  /** A listener that also notifies another one. */
  default ReadListener and(ReadListener other) {
    return toAll(List.of(this, other));
  }

  /** A listener that notifies all of these. */
  static ReadListener toAll(List<ReadListener> listeners) {
    return new ReadListener() {
      @Override
      public void began(long pending) {
        listeners.forEach(one -> one.began(pending));
      }

      @Override
      public void interrupted(String reason, @Nullable String hint) {
        listeners.forEach(one -> one.interrupted(reason, hint));
      }

      @Override
      public boolean refused(BrokerException.Denied refusal) {
        boolean ended = false;
        for (ReadListener one : listeners) {
          ended |= one.refused(refusal);
        }
        return ended;
      }

      @Override
      public void hindered(String reason, @Nullable String hint) {
        listeners.forEach(one -> one.hindered(reason, hint));
      }

      @Override
      public void unhindered() {
        listeners.forEach(ReadListener::unhindered);
      }

      @Override
      public void reads(Mono<Read> howFar) {
        listeners.forEach(one -> one.reads(howFar));
      }
    };
  }
}
