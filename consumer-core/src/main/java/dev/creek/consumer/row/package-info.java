/**
 * Converts changes to PostgreSQL values. One plan per wire schema and target table finds keys,
 * folds a batch, and transcodes Avro bytes to PostgreSQL's binary format, as columns for {@code
 * unnest} or rows for COPY. No row objects, no I/O.
 */
@NullMarked
package dev.creek.consumer.row;

import org.jspecify.annotations.NullMarked;
