package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;

/** Looks at a value before it is written into a column that cannot hold every one. Stateless. */
interface ValueGuard {

  /**
   * Whether the column stores the value under the cursor as it is, or refuses it loudly.
   *
   * @param in at the value's first byte; may be left anywhere behind it
   */
  boolean keeps(AvroCursor in);
}
