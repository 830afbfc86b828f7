package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;

/**
 * The right to write one target table until somebody else claims it.
 *
 * @param mapping source and target
 * @param epoch fencing token: every later claim has a greater one
 * @param position where to continue
 */
public record Claim(Mapping mapping, long epoch, Position position) {}
