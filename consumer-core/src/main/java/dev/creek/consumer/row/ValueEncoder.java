package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;

/**
 * Converts the Avro value under the cursor to PostgreSQL's form. Stateless, so threads can share
 * plans. Errors describe the problem, but contain neither the value nor its column: callers add the
 * column.
 */
interface ValueEncoder {

  void value(AvroCursor in, ValueColumn out);

  /** Writes the meaning of the wire's infinity enum. */
  default void infinity(boolean negative, ValueColumn out) {
    throw new MessageException("infinite, which its type cannot be");
  }
}
