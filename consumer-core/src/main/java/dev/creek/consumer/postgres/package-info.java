/**
 * The target database: sessions, catalog, control schema, and the writer that applies batches, rows
 * and position in one transaction. Input are plans and batches of {@link dev.creek.consumer.row}
 * and {@link dev.creek.consumer.stream}; output are committed transactions and the state that the
 * control schema keeps. The only package that imports {@code io.r2dbc}; must not know the broker.
 */
@NullMarked
package dev.creek.consumer.postgres;

import org.jspecify.annotations.NullMarked;
