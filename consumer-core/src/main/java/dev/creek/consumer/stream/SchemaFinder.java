package dev.creek.consumer.stream;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import reactor.core.publisher.Mono;

/** Finds the schemas of messages. Thread-safe. */
@FunctionalInterface
public interface SchemaFinder {

  /**
   * The schema of a table's messages with this fingerprint.
   *
   * @return errors with {@link SchemaUnknownException} where nobody knows it, with {@link
   *     MessageException} where the text that was found cannot be read
   */
  Mono<WalSchema> find(SourceTable source, Fingerprint fingerprint);
}
