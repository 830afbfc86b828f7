package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;

/**
 * What a transaction or batch of rows of a snapshot is a part of.
 *
 * @param table the table
 * @param name of the snapshot, its subject in the stream
 * @param first whether the snapshot begins with it: what the program has of the table is out of
 *     date from here on, also the rows of a snapshot that broke off
 * @param last whether the snapshot ends with it
 */
public record SnapshotPart(SourceTable table, String name, boolean first, boolean last) {}
