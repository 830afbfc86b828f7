package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * The target database's tables, as the pipelines write them. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface TargetTables {

  /**
   * Takes the table over: next epoch, owner, current position. Empty if it is not an active
   * subscription; {@link HeldException} if a live instance has it, or takes a snapshot of it.
   */
  Mono<Claim> claim(Mapping mapping);

  /**
   * The same, but it waits only for another instance's snapshot, or for a source transaction that
   * is being written just now.
   */
  Mono<Claim> takeOver(Mapping mapping);

  /**
   * Checks that a claimed table is visible with all its rows, before the first of its changes
   * comes. A missing table is no error here: its changes report it.
   *
   * @return errors with {@link DatabaseException} if policies may hide rows
   */
  default Mono<Void> requireVisible(Claim claim) {
    return Mono.empty();
  }

  /** Releases the table, so that others need not wait; false if the claim is over. */
  Mono<Boolean> release(Claim claim);

  /**
   * A writer for a claimed table; close it.
   *
   * @param newest the newest schema that the source has published, empty if it is not known:
   *     changes may come again that are older than a column
   */
  TableWriter writer(Claim claim, Mono<WalSchema> newest);

  /** The same if the newest schema is not known. */
  default TableWriter writer(Claim claim) {
    return writer(claim, Mono.empty());
  }

  /** A writer for batches of several claimed tables; close it. */
  GroupWriter groupWriter();

  /** Stores a state in {@code subscriptions}, only while the claim holds (false: fenced). */
  Mono<Boolean> report(Claim claim, TableState state);

  /**
   * Marks the table as incomplete, only while the claim holds. Waits, up to the lock timeout, while
   * a writer has a transaction open on it.
   *
   * @return true if the mark is new, false if it existed; errors with {@link FencedException} if
   *     the claim is over
   */
  Mono<Boolean> mark(Claim claim, Incompleteness mark);

  /**
   * Marks those of these tables that were dropped, replaced or emptied from outside, or whose
   * columns were. Tables that are being written just now, and those whose claim is over, are left
   * for the next time.
   */
  Mono<Void> look(List<Claim> claims);

  /**
   * Creates the target table for a schema if it is missing.
   *
   * @return true if it was created, false if it exists and fits; errors with {@code
   *     ShapeMismatchException} naming the differences if it does not
   */
  Mono<Boolean> createTable(TargetTable target, WalSchema schema);

  /** The same for the rows of a snapshot. */
  Mono<Boolean> createTable(TargetTable target, RecordShape snapshot);
}
