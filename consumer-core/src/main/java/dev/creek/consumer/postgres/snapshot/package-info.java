/**
 * Brings a snapshot into a table: it loads a separate table and puts that in place, or writes row
 * by row, and stores the position from which reading continues in the same transaction.
 */
@NullMarked
package dev.creek.consumer.postgres.snapshot;

import org.jspecify.annotations.NullMarked;
