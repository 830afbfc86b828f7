package dev.creek.consumer.api;

import dev.creek.consumer.stream.Claim;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code subscriptions}.
 *
 * @param mapping source and target
 * @param active whether its changes are applied
 * @param state state, reason and hint as last reported
 * @param position how far it has been applied
 * @param rowsApplied changes applied so far
 * @param epoch of its last claim, as {@link Claim#epoch}; 0 if it was never claimed
 * @param incompleteness reasons why its rows may differ from the source's, oldest first; empty if
 *     none is known
 * @param groupName the named group of tables that it is in; null for none
 * @param membership how its instance applied it when it was seen last; null if it is in no group,
 *     or that is not known
 * @param schemaChanges what is done when the source's schema changes; null for the service's policy
 */
public record Subscription(
    Mapping mapping,
    boolean active,
    TableState state,
    Position position,
    long rowsApplied,
    long epoch,
    List<Incompleteness> incompleteness,
    @Nullable String groupName,
    @Nullable Membership membership,
    @Nullable SchemaPolicy schemaChanges) {

  public Subscription {
    incompleteness = List.copyOf(incompleteness);
  }

  /** A subscription in no named group. */
  public Subscription(
      Mapping mapping,
      boolean active,
      TableState state,
      Position position,
      long rowsApplied,
      long epoch,
      List<Incompleteness> incompleteness) {
    this(mapping, active, state, position, rowsApplied, epoch, incompleteness, null, null, null);
  }

  /** A subscription with the service's policy for changes of the schema. */
  public Subscription(
      Mapping mapping,
      boolean active,
      TableState state,
      Position position,
      long rowsApplied,
      long epoch,
      List<Incompleteness> incompleteness,
      @Nullable String groupName,
      @Nullable Membership membership) {
    this(
        mapping,
        active,
        state,
        position,
        rowsApplied,
        epoch,
        incompleteness,
        groupName,
        membership,
        null);
  }

  /** A subscription that was never claimed and has no marks. */
  public Subscription(
      Mapping mapping, boolean active, TableState state, Position position, long rowsApplied) {
    this(mapping, active, state, position, rowsApplied, 0, List.of());
  }

  /**
   * The tables that it is applied together with.
   *
   * @param grouping what applies to tables in no named group
   * @return empty if it is applied alone
   */
  public Optional<TableGroup> group(Grouping grouping) {
    return TableGroup.of(mapping.source(), groupName, grouping);
  }
}
