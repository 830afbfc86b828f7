package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Explains why a producer does not answer. It answers a request for a snapshot within milliseconds,
 * or never: it stays silent about tables that it does not know. A request that it can answer shows
 * whether it is there.
 */
final class SilentProducer {
  /** After this time a table that is nowhere known is not waited for, if the producer is there. */
  private static final Duration OF_THE_UNKNOWN = Duration.ofSeconds(10);

  private final SourceNames sources;
  private final SchemaLookup schemas;

  SilentProducer(SourceNames sources, SchemaLookup schemas) {
    this.sources = sources;
    this.schemas = schemas;
  }

  /**
   * The known facts when an answer is not expected any more.
   *
   * @param producer whether it has answered another request; null if there is none to send
   * @param waited time without an answer
   */
  private record Facts(SourceSighting table, @Nullable Boolean producer, Duration waited) {
    boolean isCertain() {
      return Boolean.TRUE.equals(producer) && !table.published();
    }
  }

  /**
   * Errors when the answer has not come, and is not expected any more.
   *
   * @param timeout longest time for an answer
   */
  Mono<String> explained(Subjects names, SourceTable source, Duration timeout) {
    Duration first = timeout.compareTo(OF_THE_UNKNOWN) < 0 ? timeout : OF_THE_UNKNOWN;
    Duration rest = timeout.minus(first);
    return Mono.delay(first)
        .then(Mono.defer(() -> facts(names, source, first)))
        .flatMap(
            facts ->
                facts.isCertain() || rest.isZero()
                    ? Mono.just(facts)
                    : Mono.delay(rest).then(Mono.defer(() -> facts(names, source, timeout))))
        .flatMap(facts -> Mono.error(unanswered(source, facts)));
  }

  /** If the broker does not answer either, the known facts stay. */
  private Mono<Facts> facts(Subjects names, SourceTable source, Duration waited) {
    Mono<SourceSighting> table =
        sources.look(names, source).onErrorReturn(new SourceSighting(source, true, List.of()));
    return table.flatMap(
        seen ->
            producer(names, source)
                .map(there -> new Facts(seen, there, waited))
                .switchIfEmpty(Mono.fromSupplier(() -> new Facts(seen, null, waited))));
  }

  /**
   * Tells whether it answers a request for a schema that it has published itself; empty if there is
   * none.
   */
  private Mono<Boolean> producer(Subjects names, SourceTable source) {
    return sources
        .withSchemas(names, source.database())
        .concatMap(table -> schemas.published(names, table, null), 1)
        .next()
        .flatMap(schema -> schemas.request(names, source, schema.fingerprint()).hasElement())
        .onErrorResume(e -> Mono.empty());
  }

  /** If the cause is not certain, the source may have been away for a moment. */
  private static RuntimeException unanswered(SourceTable source, Facts facts) {
    String message =
        "the producer did not answer the request for a snapshot of %s within %d s: %s"
            .formatted(source, facts.waited().toSeconds(), cause(facts));
    String hint = hint(source, facts);
    return facts.isCertain()
        ? new SnapshotException(message, hint)
        : new BrokerException.NoProducer(message, hint);
  }

  private static String cause(Facts facts) {
    if (Boolean.FALSE.equals(facts.producer())) {
      return "it does not answer other questions either, so it hangs, or may not answer";
    }
    String reason = facts.table().reason();
    String table =
        reason == null
            ? "the table has been dropped or renamed, or taken out of its publication, or its source database was away"
            : "the table does not exist, or is not in its publication (a partition is not, its parent is); "
                + reason;
    return facts.producer() == null
        ? "it says nothing where it does not know the table; whether it runs cannot be told, since it has published no schema to ask it for; if it does, "
            + table
        : "it runs, since it answers other questions, so " + table;
  }

  private static String hint(SourceTable source, Facts facts) {
    if (Boolean.FALSE.equals(facts.producer())) {
      return "look at the producer's log, restart it, then ask again";
    }
    String suggestion = facts.table().suggestion();
    String look =
        "on the source: select * from pg_publication_tables where schemaname = %s and tablename = %s;"
            .formatted(literal(source.namespace()), literal(source.table()));
    return suggestion == null ? look : suggestion + " Or see, " + look;
  }

  private static String literal(String name) {
    return "'" + name.replace("'", "''") + "'";
  }
}
