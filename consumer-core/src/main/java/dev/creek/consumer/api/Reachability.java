package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/**
 * The reachability of the servers at one moment.
 *
 * @param brokerTrouble why the broker cannot be used; null if it can
 * @param databaseTrouble why the target database, including its control schema, cannot be used;
 *     null if it can
 */
public record Reachability(@Nullable String brokerTrouble, @Nullable String databaseTrouble) {
  /** Tells whether both can be used. */
  public boolean isComplete() {
    return brokerTrouble == null && databaseTrouble == null;
  }
}
