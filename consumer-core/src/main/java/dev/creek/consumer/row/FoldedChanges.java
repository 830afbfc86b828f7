package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * What a batch amounts to: first truncate (if so), then delete these keys, then upsert these rows,
 * in the order of each row's last change. No key is in both, none twice.
 *
 * @param truncate whether the table is emptied first
 * @param deletes key columns of the rows to delete
 * @param upserts all columns of the rows to write
 * @param copied the same rows for COPY, where that was asked for and there is nothing else to do;
 *     then {@code upserts} is empty. Else null
 * @param fresh whether this batch inserted every one of those rows before it did anything else to
 *     them: then none should be there yet, unless changes are applied again
 */
public record FoldedChanges(
    boolean truncate,
    RowColumns deletes,
    RowColumns upserts,
    @Nullable CopyRows copied,
    boolean fresh) {}
