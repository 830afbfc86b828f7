/**
 * Compares a target table with its source or with a fresh snapshot, in blocks of the key, and
 * repairs the rows that differ.
 */
@NullMarked
package dev.creek.consumer.postgres.verify;

import org.jspecify.annotations.NullMarked;
