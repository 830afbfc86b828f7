package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;

/**
 * A row of {@code subscriptions}.
 *
 * @param mapping source and target
 * @param active whether its changes are applied
 * @param state state, reason and hint as last reported
 * @param position how far it is
 * @param rowsApplied changes applied so far
 */
public record Subscription(
    Mapping mapping, boolean active, TableState state, Position position, long rowsApplied) {}
