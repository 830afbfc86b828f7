package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/**
 * Detects the producer's generation of a database from the existing streams. The result is kept
 * until the stream is found missing.
 */
final class Generations {
  private final JetStreamApi api;
  private final BrokerOptions options;
  private final SourceNames sources;
  private final Map<String, Generation> known = new ConcurrentHashMap<>();

  Generations(JetStreamApi api, BrokerOptions options, SourceNames sources) {
    this.api = api;
    this.sources = sources;
    this.options = options;
  }

  /** The names for the database's generation. */
  Mono<Subjects> subjects(String database) {
    return generation(database).map(this::subjects);
  }

  private Subjects subjects(Generation generation) {
    return new Subjects(generation, options.namespace());
  }

  /** The database's generation. */
  Mono<Generation> generation(String database) {
    return Mono.defer(
        () -> {
          var forced = options.generation();
          var found = forced != null ? forced : known.get(database);
          return found != null ? Mono.just(found) : detect(database);
        });
  }

  /** The same, detected anew unless it is forced. */
  Mono<Generation> detectAnew(String database) {
    var forced = options.generation();
    return forced != null ? Mono.just(forced) : detect(database);
  }

  private Mono<Generation> detect(String database) {
    return find(database).doOnNext(it -> known.put(database, it));
  }

  /** The detected generation is not valid any more. */
  void forget(String database) {
    known.remove(database);
  }

  private Mono<Generation> find(String database) {
    return carrying(Generation.NEW, database)
        .switchIfEmpty(Mono.defer(() -> carrying(Generation.OLD, database)))
        .switchIfEmpty(Mono.defer(() -> missing(database)));
  }

  /** Empty if there is no such stream, or it does not belong to this database. */
  private Mono<Generation> carrying(Generation generation, String database) {
    var names = subjects(generation);
    String subject = names.walSubject(new SourceTable(database, "any", "any"));
    return api.stream(names.walStream(database))
        .filter(stream -> stream.takes(subject))
        .map(stream -> generation);
  }

  /**
   * The error for a missing stream. OLD has one stream for all databases, and its producer adds
   * only the first one's subjects.
   */
  private Mono<Generation> missing(String database) {
    return sources
        .similarDatabases(database)
        .flatMap(
            similar ->
                Mono.error(
                    new BrokerException.Unanswered(
                        "there is no stream %s, nor does a stream %s take messages of database %s"
                            .formatted(
                                subjects(Generation.NEW).walStream(database),
                                subjects(Generation.OLD).walStream(database),
                                database),
                        similar.isEmpty()
                            ? null
                            : "did you mean database %s, of which there are streams?"
                                .formatted(String.join(" or ", similar)))));
  }
}
