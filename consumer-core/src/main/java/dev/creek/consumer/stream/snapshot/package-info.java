/**
 * A snapshot from its order to its last row: the place in the stream that reading continues from,
 * the rows in chunks, and the load.
 */
@NullMarked
package dev.creek.consumer.stream.snapshot;

import org.jspecify.annotations.NullMarked;
