package dev.creek.consumer.stream;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * Changes in stream order, to be applied together: of one table, or of several; of each table,
 * those of one schema fingerprint.
 *
 * <p>A batch that ends a source transaction commits. One that does not leaves the target
 * transaction open for the next batch. So a batch holds either whole transactions, or a part of one
 * transaction, or the rest of one followed by whole ones.
 *
 * @param changes changes in order; empty if only the position moves
 * @param bytes of their messages
 * @param endsTransaction whether everything up to here is a whole number of source transactions
 * @param position the position once this batch is applied
 */
public record Batch(List<Change> changes, long bytes, boolean endsTransaction, Position position) {}
