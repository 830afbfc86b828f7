package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Fingerprint;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The broker, as the pipeline of a table needs it. Thread-safe. Errors: {@link BrokerException} and
 * its kinds.
 */
public interface ChangeLog {

  /**
   * The state of the WAL stream of a database.
   *
   * @return errors with {@link BrokerException.Unavailable} if the broker cannot be reached or has
   *     no such stream
   */
  Mono<LogState> state(String database);

  /** The same for the database of a table. */
  default Mono<LogState> state(SourceTable source) {
    return state(source.database());
  }

  /**
   * The same, after the generation of the database's producer has been detected anew: a producer of
   * another one writes to another stream. Readers that read go on in theirs.
   */
  default Mono<LogState> stateDetectedAnew(String database) {
    return state(database);
  }

  /**
   * The generation of this database's producer, detected at connect time unless an option forces
   * one.
   */
  Mono<Generation> generation(String database);

  /**
   * The table's packets from {@code start} on, without end, each exactly once and in order, across
   * reconnects.
   *
   * <p>Demand is real: {@code request(n)} asks for {@code n} deliveries. Whatever is buffered or
   * requested from the broker beyond demand stays below the configured number of messages and
   * bytes. Errors with {@link BrokerException.Gap} if the stream no longer holds the next message
   * (retention, purge, recreation, sequence going backwards). Outages do not end it: it reconnects
   * and continues.
   *
   * @param expected the identity that the position belongs to; reading another incarnation is a gap
   * @param listener notified of interruptions that this overcomes by itself
   */
  Flux<Delivery> read(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener);

  /** The same, without a listener. */
  default Flux<Delivery> read(SourceTable source, StartAt start, StreamIdentity expected) {
    return read(source, start, expected, ReadListener.NONE);
  }

  /**
   * The same for all messages of the database's WAL stream, each with its table: {@link
   * Packet#table}. A stream that several databases share holds messages of others; they have none.
   * Reads without a filter, because the broker's cost of one grows with the number of subjects.
   *
   * @param start a sequence, or the beginning
   */
  Flux<Delivery> readDatabase(
      String database, StartAt start, StreamIdentity expected, ReadListener listener);

  /**
   * The place in the stream after which all changes of the table are that were committed at a time
   * or later, by the source's clock; the broker's clock is not used. If a producer published some
   * of them twice, the place is before the first time.
   */
  Mono<SnapshotLog.ChangesSince> committedSince(SourceTable source, Instant time);

  /** The same for all tables of a database. */
  Mono<SnapshotLog.ChangesSince> committedSince(String database, Instant time);

  /**
   * Everything that the streams show about a table's name.
   *
   * @return errors with {@link BrokerException.Unavailable} if there is no stream of its database
   */
  Mono<SourceSighting> look(SourceTable source);

  /**
   * This table's newest schema from its subject in the schema stream; empty if there is none.
   *
   * @param fingerprint only schemas with this fingerprint; null: all
   */
  Mono<PublishedSchema> publishedSchema(SourceTable source, @Nullable Fingerprint fingerprint);

  /**
   * A schema as published.
   *
   * @param fingerprint its key
   * @param schema its JSON text
   */
  record PublishedSchema(Fingerprint fingerprint, String schema) {}

  /**
   * Requests a schema text from the producer; empty if it does not answer in time or does not know
   * it.
   */
  Mono<String> requestSchema(SourceTable source, Fingerprint fingerprint);
}
