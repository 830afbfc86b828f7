package dev.creek.consumer.stream;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Fingerprint;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Schema texts kept in the target database, so that a restart needs neither producer nor schema
 * stream. Thread-safe.
 */
public interface SchemaCache {

  /** Texts with this fingerprint, this table's own first. */
  Mono<List<String>> find(SourceTable source, Fingerprint fingerprint);

  /** Stores a text. */
  Mono<Void> put(SourceTable source, Fingerprint fingerprint, String text);
}
