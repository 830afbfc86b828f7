package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.wire.RecordShape;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * The target database's tables, as snapshots fill them. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface SnapshotTables {

  /**
   * Takes the table over for a snapshot, subscribed or not: next epoch, owner, current position. A
   * table without a row in {@code subscriptions} gets an inactive one, which keeps the position.
   *
   * <p>Call it inside {@link Replicas#reserving}, so that no pipeline of another instance takes the
   * table back; release it with {@link TargetTables#release}.
   *
   * @return errors with {@link DatabaseException} if the target is subscribed to another source,
   *     with {@link HeldException} while another process takes a snapshot of it
   */
  Mono<Claim> claimForSnapshot(Mapping mapping);

  /**
   * A writer for a snapshot of a claimed table; close it. If the target table is missing, it is
   * created from the snapshot's schema.
   *
   * @param shape the snapshot's rows
   */
  Mono<SnapshotWriter> writer(Claim claim, SnapshotMode mode, RecordShape shape);

  /**
   * The same in mode upsert, but of rows that are there only these columns are set, and those of
   * their unique keys, which could not change one after the other otherwise. Rows that are missing
   * are written whole. {@link SnapshotWriter#finish} clears the columns' marks.
   *
   * @return errors with {@code ShapeMismatchException} if the table is missing or has no key, if a
   *     column is missing on one side, or if it cannot be set
   */
  Mono<SnapshotWriter> filler(Claim claim, List<String> columns, RecordShape shape);

  /**
   * Removes what snapshots of killed runs left behind, of tables that no process is loading now.
   *
   * @return number of tables removed
   */
  Mono<Long> removeLeftovers();
}
