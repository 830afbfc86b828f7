package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * {@link ChangeLog} and {@link SnapshotLog} over NATS JetStream, on one connection that reconnects
 * without limit. Thread-safe.
 *
 * <p>Nothing here blocks the caller; answers come on the options' scheduler. Names that cannot be
 * part of a subject end in {@link IllegalArgumentException}, whose message is for the user.
 */
public final class JetStreamLog implements ChangeLog, SnapshotLog {
  private final BrokerOptions options;
  private final Link link;
  private final Requests requests;
  private final JetStreamApi api;
  private final StreamHoles holes;
  private final SourceNames sources;
  private final Generations generations;
  private final SubjectReaders readers;
  private final SchemaLookup schemas;
  private final SnapshotLookup snapshots;

  private JetStreamLog(BrokerOptions options) {
    this.options = options;
    link = new Link(options);
    requests = new Requests(link, options);
    api = new JetStreamApi(requests);
    holes = new StreamHoles(api);
    sources = new SourceNames(api, options);
    generations = new Generations(api, options, sources);
    readers = new SubjectReaders(link, api, options, generations, holes);
    schemas = new SchemaLookup(api, requests, readers, options);
    snapshots =
        new SnapshotLookup(api, requests, holes, options, new SilentProducer(sources, schemas));
  }

  /**
   * Connects, once: to wait for a broker that is not there yet, retry. From then on the connection
   * reconnects by itself.
   *
   * @return errors with {@link BrokerException.Unavailable} if no server can be reached or accepts
   *     the login
   */
  public static Mono<JetStreamLog> connect(BrokerOptions options) {
    return Mono.fromSupplier(() -> of(options))
        .flatMap(log -> log.connected().onErrorResume(e -> log.close().then(Mono.error(e))));
  }

  /** A log without a connection yet. */
  public static JetStreamLog of(BrokerOptions options) {
    return new JetStreamLog(options);
  }

  /**
   * Connects, if there is no connection yet.
   *
   * @return this; errors with {@link BrokerException.Refused} if the credentials are not accepted,
   *     with {@link BrokerException.Unavailable} if no server can be reached or accepts the login,
   *     or after {@link #close}. It may then be called again
   */
  public Mono<JetStreamLog> connected() {
    return link.open().thenReturn(this);
  }

  /**
   * Closes the connection, also one that is being made. Readers end with {@link
   * BrokerException.Unavailable}, and no further connection is made.
   */
  public Mono<Void> close() {
    return link.close();
  }

  @Override
  public Mono<LogState> state(String database) {
    return generations
        .subjects(database)
        .map(subjects -> subjects.walStream(database))
        .flatMap(stream -> state(database, stream))
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(options.scheduler());
  }

  @Override
  public Mono<LogState> stateDetectedAnew(String database) {
    return generations
        .detectAnew(database)
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .then(Mono.defer(() -> state(database)));
  }

  private Mono<LogState> state(String database, String stream) {
    return api.stream(stream)
        .map(StreamState::forLine)
        .switchIfEmpty(Mono.error(() -> gone(database, stream)));
  }

  private BrokerException.Unavailable gone(String database, String stream) {
    generations.forget(database);
    return SubjectReader.noStream(stream);
  }

  static BrokerException.Unavailable refused(ApiException e) {
    return new BrokerException.Unavailable("JetStream refuses: " + e.getMessage(), e);
  }

  @Override
  public Mono<Generation> generation(String database) {
    return generations.generation(database).onErrorMap(ApiException.class, JetStreamLog::refused);
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code expected} is used for {@link StartAt.Sequence} only; the others begin in the existing
   * stream, with the oldest message that fits, whatever was removed before it.
   *
   * <p>A gap is detected if messages are removed at the stream's old end, by limits, age or purge,
   * also while reading lags; and if messages are removed from its middle after the position,
   * because the broker does not report their table. It is not detected if a message is removed
   * within a tenth of a second of its publication, while the reader keeps up.
   */
  @Override
  public Flux<Delivery> read(
      SourceTable source, StartAt start, StreamIdentity expected, ReadListener listener) {
    return readers.table(source, start, expected, listener);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A gap is detected as in {@link #read}. A stream that several databases share is read as a
   * whole.
   */
  @Override
  public Flux<Delivery> readDatabase(
      String database, StartAt start, StreamIdentity expected, ReadListener listener) {
    return readers.database(database, start, expected, listener);
  }

  @Override
  public Mono<ChangesSince> committedSince(SourceTable source, Instant time) {
    return committedSince(source.database(), names -> names.walSubject(source), time);
  }

  @Override
  public Mono<ChangesSince> committedSince(String database, Instant time) {
    return committedSince(database, names -> names.walSubjects(database), time);
  }

  private Mono<ChangesSince> committedSince(
      String database, Function<Subjects, String> subject, Instant time) {
    return generations
        .subjects(database)
        .flatMap(
            names ->
                new CommitSearch(
                        api,
                        holes,
                        names.walStream(database),
                        subject.apply(names),
                        names.walSubjects(database))
                    .since(time))
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(options.scheduler());
  }

  @Override
  public Mono<SourceSighting> look(SourceTable source) {
    return subjects(source)
        .flatMap(names -> sources.look(names, source))
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(options.scheduler());
  }

  @Override
  public Mono<PublishedSchema> publishedSchema(
      SourceTable source, @Nullable Fingerprint fingerprint) {
    return subjects(source)
        .flatMap(names -> schemas.published(names, source, fingerprint))
        .publishOn(options.scheduler());
  }

  @Override
  public Mono<String> requestSchema(SourceTable source, Fingerprint fingerprint) {
    return subjects(source)
        .flatMap(names -> schemas.request(names, source, fingerprint))
        .publishOn(options.scheduler());
  }

  @Override
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    // For an unknown database an empty list would look like an answer.
    return Flux.defer(() -> snapshots.all(source, generations.generation(source.database())))
        .switchIfEmpty(Flux.defer(() -> subjects(source).thenMany(Flux.empty())))
        .publishOn(options.scheduler());
  }

  @Override
  public Mono<PublishedSnapshot> snapshot(SourceTable source, String subject) {
    return Mono.defer(() -> snapshots.one(source, subject)).publishOn(options.scheduler());
  }

  @Override
  public Mono<String> requestSnapshot(SourceTable source, Duration timeout) {
    return subjects(source)
        .flatMap(names -> snapshots.request(names, source, timeout))
        .publishOn(options.scheduler());
  }

  @Override
  public Flux<Delivery> readSnapshot(SourceTable source, String subject) {
    return Flux.defer(
        () -> {
          Subjects names = Subjects.ofSnapshot(options.namespace(), source, subject);
          return readers.snapshot(names.snapshotStream(source.database()), subject);
        });
  }

  @Override
  public Mono<ChangesSince> changesSince(SourceTable source, Instant time) {
    return subjects(source)
        .flatMap(names -> snapshots.changesSince(names, source, time))
        .publishOn(options.scheduler());
  }

  /**
   * Tells whether the streams hold anything of a table: a change, a schema or a snapshot.
   *
   * @return errors with {@link BrokerException.Unavailable} if there is no stream of its database
   */
  public Mono<Boolean> holds(SourceTable source) {
    String database = source.database();
    return subjects(source)
        .flatMap(
            names ->
                Flux.concat(
                        api.subjects(names.schemaStream(database), names.schemaSubject(source)),
                        api.subjects(names.walStream(database), names.walSubject(source)),
                        api.subjects(
                            names.snapshotStream(database), names.snapshotSubjects(source)))
                    .hasElements())
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(options.scheduler());
  }

  private Mono<Subjects> subjects(SourceTable source) {
    return generations
        .subjects(source.database())
        .onErrorMap(ApiException.class, JetStreamLog::refused);
  }

  /** Tells whether the connection is up now. */
  public boolean isConnected() {
    return link.isConnected();
  }

  /** Completes when the threads that reading needs have run a task. */
  public Mono<Void> threadsResponsive() {
    return Flux.just(link.scheduler(), options.scheduler())
        .flatMap(thread -> Mono.<Void>fromRunnable(() -> {}).subscribeOn(thread), 2, 1)
        .then();
  }

  /** Checks of the server, the streams and the permissions. */
  public JetStreamChecks checks() {
    return new JetStreamChecks(
        new BrokerCheck(link, api, generations, options),
        new PermissionCheck(requests),
        generations,
        options.scheduler());
  }

  /**
   * Age of the oldest change after a position in the stream; zero if there is none.
   *
   * @return empty if the position does not count in the existing stream
   */
  public Mono<Duration> lag(SourceTable source, Position position) {
    return state(source)
        .filter(now -> position.stream() == null || position.stream().equals(now.stream()))
        .flatMap(now -> subjects(source))
        .flatMap(names -> lag(names, source, position.sequence() + 1))
        .publishOn(options.scheduler());
  }

  private Mono<Duration> lag(Subjects names, SourceTable source, long next) {
    return api.nextMessage(names.walStream(source.database()), names.walSubject(source), next)
        .map(stored -> Duration.between(stored.time(), Instant.now()))
        .filter(age -> !age.isNegative())
        .defaultIfEmpty(Duration.ZERO);
  }

  @Override
  public String toString() {
    return "JetStreamLog[" + options.serversForPeople() + "]";
  }
}
