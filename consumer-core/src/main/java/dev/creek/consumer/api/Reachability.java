package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/**
 * Whether the servers can be worked with, as of one moment.
 *
 * @param brokerTrouble why the broker cannot; null where it can
 * @param databaseTrouble why the target database cannot, its control schema included; null where it
 *     can
 */
public record Reachability(@Nullable String brokerTrouble, @Nullable String databaseTrouble) {
  /** Whether both can. */
  public boolean isComplete() {
    return brokerTrouble == null && databaseTrouble == null;
  }
}
