package dev.creek.consumer.jetstream;

import dev.creek.consumer.stream.LogException;
import dev.creek.consumer.wire.Generation;
import dev.creek.consumer.wire.SourceTable;
import dev.creek.consumer.wire.Subjects;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;

/**
 * Which generation of the producer a database has, by the streams that there are. Found out once
 * and kept, until somebody finds that stream missing.
 */
final class Generations {
  private final JetStreamApi api;
  private final JetStreamOptions options;
  private final Map<String, Generation> known = new ConcurrentHashMap<>();

  Generations(JetStreamApi api, JetStreamOptions options) {
    this.api = api;
    this.options = options;
  }

  /** The names that go with the database's generation. */
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
          return found != null
              ? Mono.just(found)
              : find(database).doOnNext(it -> known.put(database, it));
        });
  }

  /** What was found out does not hold any more. */
  void forget(String database) {
    known.remove(database);
  }

  private Mono<Generation> find(String database) {
    return Mono.zip(
            walStream(Generation.NEW, database).singleOptional(),
            walStream(Generation.OLD, database).singleOptional())
        .map(streams -> choose(database, streams));
  }

  private Mono<StreamState> walStream(Generation generation, String database) {
    return api.stream(subjects(generation).walStream(database));
  }

  private Generation choose(
      String database, Tuple2<Optional<StreamState>, Optional<StreamState>> streams) {
    if (carries(Generation.NEW, database, streams.getT1())) {
      return Generation.NEW;
    }
    if (carries(Generation.OLD, database, streams.getT2())) {
      return Generation.OLD;
    }
    throw new LogException.Unavailable(missing(database, streams.getT2().isPresent()));
  }

  /** OLD's stream is one for all databases, and its producer only adds the first one's subjects. */
  private boolean carries(Generation generation, String database, Optional<StreamState> stream) {
    var anyTable = new SourceTable(database, "schema", "table");
    return stream.filter(it -> it.takes(subjects(generation).walSubject(anyTable))).isPresent();
  }

  private String missing(String database, boolean otherDatabases) {
    String newName = subjects(Generation.NEW).walStream(database);
    String oldName = subjects(Generation.OLD).walStream(database);
    return otherDatabases
        ? "stream %s does not take messages of database %s, and there is no stream %s"
            .formatted(oldName, database, newName)
        : "there is no stream %s or %s for database %s".formatted(newName, oldName, database);
  }
}
