/**
 * A snapshot brought into a table: loaded into a table beside it and put in its place, or written
 * row by row, with the position that reading goes on from in the same transaction.
 */
@NullMarked
package dev.creek.consumer.postgres.snapshot;

import org.jspecify.annotations.NullMarked;
