package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Position;
import org.jspecify.annotations.Nullable;

/**
 * How far a commit gets.
 *
 * @param to the new position
 * @param changes how many changes brought us there
 * @param evidence what proves repetitions, for tables without a key; null leaves it as it is
 */
record Moved(Position to, long changes, @Nullable Evidence evidence) {}
