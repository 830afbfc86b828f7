package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.SubjectReader.Place;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds the places in the streams that there are to read, and reads each subscriber's with a {@link
 * SubjectReader} of its own. Thread-safe.
 */
final class SubjectReaders {
  private final Link link;
  private final JetStreamApi api;
  private final BrokerOptions options;
  private final Generations generations;
  private final HoleSource holes;

  SubjectReaders(
      Link link,
      JetStreamApi api,
      BrokerOptions options,
      Generations generations,
      HoleSource holes) {
    this.link = link;
    this.api = api;
    this.options = options;
    this.generations = generations;
    this.holes = holes;
  }

  /** Implements {@link dev.creek.consumer.stream.ChangeLog#read}. */
  Flux<Delivery> table(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener) {
    String database = source.database();
    Mono<Place> place =
        generations
            .subjects(database)
            .map(subjects -> Place.of(subjects.walStream(database), subjects.walSubject(source)));
    return changes(place, database, start, expected, listener);
  }

  /** Implements {@link dev.creek.consumer.stream.ChangeLog#readDatabase}. */
  Flux<Delivery> database(
      String database, StartAt start, StreamIdentity expected, ReadListener listener) {
    var tables = new DatabaseTables(database);
    Mono<Place> place =
        generations
            .subjects(database)
            .map(
                subjects ->
                    Place.ofAll(
                        subjects.walStream(database), subject -> tables.of(subjects, subject)));
    return changes(place, database, start, expected, listener);
  }

  private Flux<Delivery> changes(
      Mono<Place> place,
      String database,
      StartAt start,
      StreamIdentity expected,
      ReadListener listener) {
    return Flux.defer(
        () ->
            new SubjectReader(
                    link,
                    api,
                    options,
                    holes,
                    place,
                    () -> generations.forget(database),
                    start,
                    start instanceof StartAt.Sequence ? expected : null,
                    listener)
                .deliveries());
  }

  /**
   * The messages of a snapshot's subject, from the first one on, without end. Errors with {@link
   * dev.creek.consumer.api.BrokerException.Denied} as well.
   */
  Flux<Delivery> snapshot(String stream, String subject) {
    return fromOldest(stream, subject, holes, StartAt.Beginning.ofAll());
  }

  /** The same for schemas: an existing one is right, whatever was there before it. */
  Flux<Delivery> schemas(String stream, String subject) {
    return fromOldest(stream, subject, HoleSource.IGNORED, new StartAt.Beginning());
  }

  private Flux<Delivery> fromOldest(
      String stream, String subject, HoleSource missing, StartAt start) {
    return Flux.defer(
        () ->
            new SubjectReader(
                    link,
                    api,
                    options,
                    missing,
                    Mono.just(Place.of(stream, subject)),
                    () -> {},
                    start,
                    null,
                    ReadListener.NONE)
                .deliveriesUnlessDenied());
  }
}
