package dev.creek.consumer.stream;

import java.time.Instant;

/**
 * From a snapshot back to the WAL: where a table's line goes on.
 *
 * @param resume a stream sequence that lies before the snapshot, so that nothing is missed, with
 *     the snapshot's LSN and time
 * @param aheadUntil source time up to which the target may hold what follows {@code resume}: what
 *     was committed until then, or about then, is applied once more
 */
public record Handover(Position resume, Instant aheadUntil) {}
