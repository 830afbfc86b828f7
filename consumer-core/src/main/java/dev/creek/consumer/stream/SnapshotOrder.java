package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.SnapshotMode;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot to be applied.
 *
 * @param mapping source and target
 * @param mode what becomes of the rows that are there
 * @param subject which one; null to request a new one
 * @param force whether to apply it where the broker no longer holds all changes since then: what is
 *     missing is then missing in the target
 */
public record SnapshotOrder(
    Mapping mapping, SnapshotMode mode, @Nullable String subject, boolean force) {}
