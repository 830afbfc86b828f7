/**
 * From packets to batches: changes are decoded, gathered into whole source transactions, and cut
 * when the writer asks for them.
 */
@NullMarked
package dev.creek.consumer.stream.batch;

import org.jspecify.annotations.NullMarked;
