package dev.creek.consumer.source;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import reactor.core.publisher.Mono;

/**
 * Where the position of one reader is stored: everything up to it has been handled. Thread-safe.
 * One reader at a time; whoever else moves the position is noticed, because a position moves only
 * from where it is expected.
 *
 * <p>Programs may implement it for a store of their own.
 */
public interface Positions {

  /** The stored position; empty if there is none. */
  Mono<StoredPosition> load();

  /** Stores where a reader begins, whatever is stored. */
  Mono<Void> begin(StoredPosition at);

  /**
   * The same in the program's own transaction, as for {@link #move(StoredPosition, long, long,
   * Connection)}.
   */
  default Mono<Void> begin(StoredPosition at, Connection connection) {
    return Mono.error(Positions::noDatabase);
  }

  /**
   * Stores a position if the stored one belongs to the same stream, and its sequence is at least
   * {@code from} and less than {@code below}; one that was removed meanwhile counts as sequence 0.
   * Checking and storing are one step.
   *
   * @return false, and nothing is stored, if it is not
   */
  Mono<Boolean> move(StoredPosition to, long from, long below);

  /**
   * The same in the transaction that is open on a connection of the program, with which it is
   * committed or rolled back.
   *
   * @return errors with {@link UnsupportedOperationException} if positions are not stored in a
   *     database
   */
  default Mono<Boolean> move(StoredPosition to, long from, long below, Connection connection) {
    return Mono.error(Positions::noDatabase);
  }

  private static UnsupportedOperationException noDatabase() {
    return new UnsupportedOperationException(
        "these positions are not stored in a database: use Positions.postgres, or commit() without a connection");
  }

  /** In the memory of this program: a restart begins anew. */
  static Positions inMemory() {
    return new MemoryPositions();
  }

  /**
   * In table {@code creek_positions} of a PostgreSQL database, which is created if it is missing.
   *
   * @param connections to the database; each call borrows one. Closed by whoever made them
   * @param name of the reader, unique in the table
   */
  static Positions postgres(ConnectionFactory connections, String name) {
    return postgres(connections, name, PostgresPositions.TABLE);
  }

  /**
   * The same in a table of another name.
   *
   * @param table as SQL takes it, optionally with its schema: {@code billing.positions}, {@code
   *     "Positions"}
   * @throws IllegalArgumentException if it is no name
   */
  static Positions postgres(ConnectionFactory connections, String name, String table) {
    return new PostgresPositions(connections, name, table);
  }
}
