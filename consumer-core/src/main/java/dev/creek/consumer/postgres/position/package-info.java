/**
 * The progress of a table: the position and the mark of what was applied last, which are written in
 * the transaction that writes the rows, the fence that they make together, and what a snapshot
 * holds.
 */
@NullMarked
package dev.creek.consumer.postgres.position;

import org.jspecify.annotations.NullMarked;
