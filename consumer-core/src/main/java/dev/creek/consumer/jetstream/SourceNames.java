package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.text.SimilarNames;
import dev.creek.consumer.wire.Subjects;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Names of source tables and databases in the streams. */
final class SourceNames {
  /** Greatest number of suggestions. */
  private static final int MAX_SIMILAR = 3;

  private final JetStreamApi api;
  private final String namespace;

  SourceNames(JetStreamApi api, BrokerOptions options) {
    this.api = api;
    this.namespace = options.namespace();
  }

  /** Tells whether a table is published; names similar ones only if it is nowhere. */
  Mono<SourceSighting> look(Subjects names, SourceTable source) {
    return isPublished(names, source)
        .flatMap(
            published ->
                published
                    ? Mono.just(new SourceSighting(source, true, List.of()))
                    : tables(names, source.database()).map(known -> sighting(source, known)));
  }

  /** Asks for the table's own subject: a list of all is long if there are many tables. */
  private Mono<Boolean> isPublished(Subjects names, SourceTable source) {
    return api.subjects(names.schemaStream(source.database()), names.schemaSubject(source))
        .concatWith(api.subjects(names.walStream(source.database()), names.walSubject(source)))
        .hasElements();
  }

  private static SourceSighting sighting(SourceTable source, Set<SourceTable> known) {
    return new SourceSighting(
        source,
        known.contains(source),
        SimilarNames.to(local(source), known, SourceNames::local, MAX_SIMILAR));
  }

  private static String local(SourceTable source) {
    return source.namespace() + "." + source.table();
  }

  /** All tables of a database that are in the streams. */
  private Mono<Set<SourceTable>> tables(Subjects names, String database) {
    return Flux.concat(
            withSchemas(names, database),
            of(names, database, names.walStream(database), names.walSubjects(database)),
            of(names, database, names.snapshotStream(database), names.snapshotSubjects(database))
                // A user who only follows tables need not have this permission.
                .onErrorComplete(BrokerException.Denied.class))
        .collect(LinkedHashSet::new, Set::add);
  }

  /** Tables with a published schema. */
  Flux<SourceTable> withSchemas(Subjects names, String database) {
    return of(names, database, names.schemaStream(database), names.schemaSubjects(database));
  }

  private Flux<SourceTable> of(Subjects names, String database, String stream, String pattern) {
    return api.subjects(stream, pattern)
        .mapNotNull(count -> names.sourceOf(database, count.subject()));
  }

  /**
   * Databases with a stream and a similar name. Empty if the broker does not answer: a request for
   * all streams may not be allowed.
   */
  Mono<List<String>> similarDatabases(String database) {
    return api.streamNames()
        .mapNotNull(stream -> Subjects.databaseOf(namespace, stream))
        .concatWith(Flux.defer(this::oldDatabases))
        .distinct()
        .collectList()
        .map(known -> SimilarNames.to(database, known, name -> name, MAX_SIMILAR))
        .onErrorReturn(List.of());
  }

  private Flux<String> oldDatabases() {
    return api.stream(Subjects.oldWalStream(namespace))
        .flatMapIterable(StreamState::subjects)
        .mapNotNull(subject -> Subjects.oldDatabaseOf(namespace, subject));
  }
}
