package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.wire.RecordShape;
import reactor.core.publisher.Mono;

/**
 * The target database's tables, as snapshots fill them. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface SnapshotTables {

  /**
   * Takes the table over for a snapshot, subscribed or not: next epoch, owner, current position. A
   * table without a row in {@code subscriptions} gets one that is not active, to keep the position.
   *
   * <p>Inside {@link Replicas#reserving}, so that no line of another instance takes it back; let go
   * with {@link TargetTables#release}.
   *
   * @return errors with {@link DatabaseException} where the target is subscribed to another source,
   *     with {@link HeldException} while another process takes a snapshot of it
   */
  Mono<Claim> claimForSnapshot(Mapping mapping);

  /**
   * A writer for a snapshot of a claimed table; close it. The target table is created from the
   * snapshot's schema if it is missing.
   *
   * @param shape the snapshot's rows
   */
  Mono<SnapshotWriter> writer(Claim claim, SnapshotMode mode, RecordShape shape);

  /**
   * Removes what snapshots of killed runs left behind, of tables that nobody is loading now.
   *
   * @return how many tables were removed
   */
  Mono<Long> removeLeftovers();
}
