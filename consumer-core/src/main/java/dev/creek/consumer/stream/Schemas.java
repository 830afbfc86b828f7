package dev.creek.consumer.stream;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.SchemaParser;
import dev.creek.consumer.wire.WalSchema;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Looks schemas up, nearest place first: memory, the cache table in the target, the table's subject
 * in the schema stream, the producer. Thread-safe.
 *
 * <p>Kept per table, because a fingerprint is not unique: two tables of one name in different
 * schemas can share it, and the producer's API then answers with the types of the first.
 */
public final class Schemas implements SchemaFinder {
  private static final Logger log = LoggerFactory.getLogger(Schemas.class);

  private final ConcurrentMap<Key, WalSchema> known = new ConcurrentHashMap<>();
  private final SchemaCache cache;
  private final ChangeLog changes;

  public Schemas(SchemaCache cache, ChangeLog changes) {
    this.cache = cache;
    this.changes = changes;
  }

  @Override
  public Mono<WalSchema> find(SourceTable source, Fingerprint fingerprint) {
    Key key = new Key(source, fingerprint);
    WalSchema schema = known.get(key);
    if (schema != null) {
      return Mono.just(schema);
    }
    return cache
        .find(source, fingerprint)
        .flatMap(texts -> Mono.justOrEmpty(texts.stream().findFirst()))
        .switchIfEmpty(Mono.defer(() -> learn(source, fingerprint)))
        .switchIfEmpty(Mono.error(() -> unknown(source, fingerprint)))
        .map(text -> SchemaParser.parse(fingerprint, text))
        .doOnNext(parsed -> known.put(key, parsed));
  }

  /**
   * The newest schema that the producer has published for a table; empty if it has published none.
   */
  public Mono<WalSchema> newest(SourceTable source) {
    return changes
        .publishedSchema(source, null)
        .map(message -> SchemaParser.parse(message.fingerprint(), message.schema()));
  }

  private Mono<String> learn(SourceTable source, Fingerprint fingerprint) {
    return changes
        .publishedSchema(source, fingerprint)
        .map(ChangeLog.PublishedSchema::schema)
        .switchIfEmpty(Mono.defer(() -> changes.requestSchema(source, fingerprint)))
        .delayUntil(text -> remember(source, fingerprint, text));
  }

  /** If the cache cannot be written, this only costs a request after the next restart. */
  private Mono<Void> remember(SourceTable source, Fingerprint fingerprint, String text) {
    return cache
        .put(source, fingerprint, text)
        .onErrorResume(
            e -> {
              log.warn(
                  "Schema {} of {} could not be cached in the target: {}",
                  fingerprint,
                  source,
                  e.getMessage());
              return Mono.empty();
            });
  }

  private static SchemaUnknownException unknown(SourceTable source, Fingerprint fingerprint) {
    return new SchemaUnknownException(
        "schema "
            + fingerprint
            + " of "
            + source
            + " is neither in the target's cache nor in the schema stream, and the producer"
            + " does not answer for it");
  }

  private record Key(SourceTable source, Fingerprint fingerprint) {}
}
