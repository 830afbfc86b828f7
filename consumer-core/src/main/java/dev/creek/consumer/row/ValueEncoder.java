package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;

/**
 * Turns the Avro value under the cursor into PostgreSQL's form of it. Stateless, so plans can be
 * shared between threads. Errors say what is wrong with a value but neither the value nor its
 * column: callers add the column.
 */
interface ValueEncoder {

  void value(AvroCursor in, ValueColumn out);

  /** Writes what the wire's infinity enum stands for. */
  default void infinity(boolean negative, ValueColumn out) {
    throw new MessageException("infinite, which its type cannot be");
  }
}
