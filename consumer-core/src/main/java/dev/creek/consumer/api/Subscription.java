package dev.creek.consumer.api;

import dev.creek.consumer.stream.Claim;
import java.util.List;

/**
 * A row of {@code subscriptions}.
 *
 * @param mapping source and target
 * @param active whether its changes are applied
 * @param state state, reason and hint as last reported
 * @param position how far it is
 * @param rowsApplied changes applied so far
 * @param epoch of its last claim, as {@link Claim#epoch}; 0 where it was never claimed
 * @param incompleteness why its rows may differ from the source's, oldest first; empty where
 *     nothing is known that says so
 */
public record Subscription(
    Mapping mapping,
    boolean active,
    TableState state,
    Position position,
    long rowsApplied,
    long epoch,
    List<Incompleteness> incompleteness) {

  public Subscription {
    incompleteness = List.copyOf(incompleteness);
  }

  /** One that was never claimed, and of which nothing is known that says that rows are missing. */
  public Subscription(
      Mapping mapping, boolean active, TableState state, Position position, long rowsApplied) {
    this(mapping, active, state, position, rowsApplied, 0, List.of());
  }
}
