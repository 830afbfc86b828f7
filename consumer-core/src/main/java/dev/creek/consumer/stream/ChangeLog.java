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
 * The broker, as one table's line needs it. Thread-safe. Errors: {@link BrokerException} and its
 * kinds.
 */
public interface ChangeLog {

  /**
   * The generation that the producer of this database speaks and the state of its WAL stream.
   *
   * @return errors with {@link BrokerException.Unavailable} where the broker cannot be reached or
   *     has no such stream
   */
  Mono<LogState> state(SourceTable source);

  /**
   * Which generation this database's producer speaks, found out at connect time unless an option
   * forces one.
   */
  Mono<Generation> generation(String database);

  /**
   * The table's packets from {@code start} on, for ever, each exactly once and in order, across
   * reconnects.
   *
   * <p>Demand is real: {@code request(n)} asks for {@code n} deliveries; what is buffered or
   * requested from the broker beyond demand stays below the configured number of messages and
   * bytes. Errors with {@link BrokerException.Gap} where the stream no longer holds the next
   * message (retention, purge, recreation, sequence going backwards); outages do not end it: it
   * reconnects and continues.
   *
   * @param expected the identity that the position belongs to; reading another incarnation is a gap
   * @param listener told of interruptions that this gets over by itself
   */
  Flux<Delivery> read(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener);

  /** The same, with nobody to tell of interruptions. */
  default Flux<Delivery> read(SourceTable source, StartAt start, StreamIdentity expected) {
    return read(source, start, expected, ReadListener.NONE);
  }

  /**
   * The place in the stream behind which all changes of the table are that were committed at a time
   * or later, by the source's clock: the broker's takes no part. Where a producer published some of
   * them twice, before the first time.
   */
  Mono<SnapshotLog.ChangesSince> committedSince(SourceTable source, Instant time);

  /**
   * All that the streams tell of a table's name.
   *
   * @return errors with {@link BrokerException.Unavailable} where there is no stream of its
   *     database
   */
  Mono<SourceSighting> look(SourceTable source);

  /**
   * This table's newest schema from its subject in the schema stream; empty if there is none.
   *
   * @param fingerprint of those with this one; null: of all
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
   * Asks the producer for a schema text; empty if it does not answer in time or does not know it.
   */
  Mono<String> requestSchema(SourceTable source, Fingerprint fingerprint);
}
