package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;

/**
 * What {@link Positions} store.
 *
 * @param position everything up to it has been handled; its stream is never null
 * @param snapshots what snapshots hold of the changes behind it, as a text to be stored as it is;
 *     empty from some seconds behind a snapshot on. The same for what was handled before the
 *     producer's generation changed
 */
public record StoredPosition(Position position, String snapshots) {}
