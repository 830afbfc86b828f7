package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * Writes batches of several tables of one source database, so that each source transaction is one
 * target transaction: rows and positions of all of its tables. One call at a time; the tables'
 * writers are used by this alone meanwhile.
 */
public interface GroupWriter {

  /**
   * A table's part of a batch.
   *
   * @param writer the table's writer, of the same {@link TargetTables} as this
   * @param prepared prepared by that writer; its batch ends the source transaction exactly if the
   *     whole batch does
   */
  record Part(TableWriter writer, TableWriter.Prepared prepared) {}

  /**
   * Writes all parts in one target transaction. Each table occurs once.
   *
   * <p>If the batch does not end the source transaction, the target transaction stays open for the
   * next call, which may have other tables. A table that was written in an open transaction is part
   * of the call that ends it, if need be with a batch without changes.
   *
   * @param endsTransaction whether to commit
   * @return empty while the source transaction is open; otherwise, once committed, a result for
   *     each part, in their order. Errors with {@link PartException} if one table's part is the
   *     cause, otherwise with {@link DatabaseException} or {@link FencedException}. All tables of
   *     the transaction are then at their last committed positions, and their writers cannot be
   *     used any more; those of other tables can
   */
  Mono<List<Applied>> apply(List<Part> parts, boolean endsTransaction);

  /**
   * Moves the positions of tables that have no changes up to there, in one statement. Not while a
   * source transaction is open.
   *
   * @return those whose claims still hold; the others' writers cannot be used any more
   */
  Mono<List<TableWriter>> move(Map<TableWriter, Position> positions);

  /** Rolls back an open transaction and gives the connection back; never fails. */
  Mono<Void> close();
}
