package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;

/** Checks a value before it is written into a column that cannot hold every value. Stateless. */
interface ValueGuard {

  /**
   * Returns true if the column stores the value under the cursor as it is, or refuses it with an
   * error.
   *
   * @param in at the value's first byte; may be left anywhere after it
   */
  boolean keeps(AvroCursor in);
}
