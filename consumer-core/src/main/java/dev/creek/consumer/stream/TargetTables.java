package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.wire.WalSchema;
import reactor.core.publisher.Mono;

/**
 * The target database's tables, as the lines write them. Thread-safe. Errors: {@link
 * ApplyException}.
 */
public interface TargetTables {

  /**
   * Takes the table over: next epoch, owner, current position. Empty where it is not an active
   * subscription.
   */
  Mono<Claim> claim(Mapping mapping);

  /** A writer for a claimed table; close it. */
  TableWriter writer(Claim claim);

  /** Shows a state in {@code subscriptions}, only while the claim holds (false: fenced). */
  Mono<Boolean> report(Claim claim, TableState state);

  /**
   * Creates the target table for a schema if it is missing.
   *
   * @return true if it was created, false if it exists and fits; errors with {@code
   *     ShapeMismatchException} naming the differences if it does not
   */
  Mono<Boolean> createTable(TargetTable target, WalSchema schema);
}
