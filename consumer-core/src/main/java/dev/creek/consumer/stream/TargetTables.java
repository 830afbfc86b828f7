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
 * The target database's tables, as the lines write them. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface TargetTables {

  /**
   * Takes the table over: next epoch, owner, current position. Empty where it is not an active
   * subscription; {@link HeldException} where another instance that lives has it, or takes a
   * snapshot of it.
   */
  Mono<Claim> claim(Mapping mapping);

  /**
   * The same, but of other instances only a snapshot, or a source transaction that is being written
   * just now, is left alone.
   */
  Mono<Claim> takeOver(Mapping mapping);

  /**
   * Looks whether a claimed table is there for us with all its rows, before the first of its
   * changes comes; a table that is missing is for them to tell of.
   *
   * @return errors with {@link DatabaseException} where policies may hide rows
   */
  default Mono<Void> requireVisible(Claim claim) {
    return Mono.empty();
  }

  /** Lets go of the table, so that others need not wait; false where the claim is over. */
  Mono<Boolean> release(Claim claim);

  /** A writer for a claimed table; close it. */
  TableWriter writer(Claim claim);

  /** Shows a state in {@code subscriptions}, only while the claim holds (false: fenced). */
  Mono<Boolean> report(Claim claim, TableState state);

  /**
   * Marks the table as incomplete, only while the claim holds. Waits, up to the lock timeout, while
   * a writer has a transaction open on it.
   *
   * @return true if that is new, false if it was marked so already; errors with {@link
   *     FencedException} where the claim is over
   */
  Mono<Boolean> mark(Claim claim, Incompleteness mark);

  /**
   * Marks those of these tables that others have dropped, replaced or emptied, or whose columns
   * they have; those that are being written just now are left for the next time, as are those whose
   * claim is over.
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
