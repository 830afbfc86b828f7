package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.text.ErrorWords;
import io.nats.client.NUID;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Reads one subject, or a whole stream, without end: one {@link PullSession} after another, each
 * beginning after the last packet emitted, once it is checked that the stream still holds the next.
 * For one subscriber.
 */
final class SubjectReader {
  private static final Logger log = LoggerFactory.getLogger(SubjectReader.class);
  private static final Backoff BACKOFF = Backoff.of(Duration.ofMillis(50), Duration.ofMillis(500));
  private static final Duration CLEANUP_TIMEOUT = Duration.ofSeconds(1);
  private static final int ATTEMPTS_BETWEEN_WARNINGS = 120;

  private final Link link;
  private final JetStreamApi api;
  private final BrokerOptions options;
  private final HoleSource holes;
  private final Mono<Place> place;
  private final Runnable onNoStream;
  private final ReadStart start;
  private final ReadReports reports;

  /** The stream's subject, for messages. */
  private volatile String subject = "a stream";

  private int attempts;
  private Backoff backoff = BACKOFF;

  /** True if it is read without end. */
  private boolean followed = true;

  /**
   * Messages of a stream.
   *
   * @param subject {@link JetStreamApi#EVERY_SUBJECT}: all of its messages
   * @param tables finds the tables of messages
   */
  record Place(String stream, String subject, SubjectTable tables) {
    /** One subject, of one table. */
    static Place of(String stream, String subject) {
      return new Place(stream, subject, SubjectTable.NONE);
    }

    /** All messages of a stream. */
    static Place ofAll(String stream, SubjectTable tables) {
      return new Place(stream, JetStreamApi.EVERY_SUBJECT, tables);
    }

    String shown() {
      return subject.equals(JetStreamApi.EVERY_SUBJECT) ? "stream " + stream : subject;
    }
  }

  /**
   * A reader.
   *
   * @param holes finds what is missing from the stream
   * @param place what to read, determined at each attempt
   * @param onNoStream runs if there is no such stream
   * @param expected the stream in which {@code start} counts; null for the present one
   * @param listener notified of interruptions
   */
  SubjectReader(
      Link link,
      JetStreamApi api,
      BrokerOptions options,
      HoleSource holes,
      Mono<Place> place,
      Runnable onNoStream,
      StartAt start,
      @Nullable StreamIdentity expected,
      ReadListener listener) {
    this.link = link;
    this.api = api;
    this.options = options;
    this.holes = holes;
    this.place = place;
    this.onNoStream = onNoStream;
    this.start = new ReadStart(start, expected);
    this.reports = new ReadReports(listener);
  }

  /**
   * The subject's packets; errors only with {@link BrokerException.Gap}, or after {@link
   * Link#close}.
   */
  Flux<Delivery> deliveries() {
    return deliveries(this::pause);
  }

  /**
   * The same for a caller that waits for a result: the progress of an idle subject is not reported.
   * Errors with {@link BrokerException.Denied} as well.
   */
  Flux<Delivery> deliveriesUnlessDenied() {
    followed = false;
    return deliveries(
        failure -> {
          BrokerException.Denied denied = ReadInterrupted.denied(failure);
          return denied == null
              ? pause(failure)
              : Mono.<Long>error(denied).subscribeOn(options.scheduler());
        });
  }

  private Flux<Delivery> deliveries(Function<Throwable, Mono<Long>> pauses) {
    return Flux.defer(this::attempt)
        .doOnNext(this::remember)
        .retryWhen(Retry.from(failures -> failures.concatMap(f -> pauses.apply(f.failure()), 1)));
  }

  private Flux<Delivery> attempt() {
    return place.doOnNext(found -> subject = found.shown()).flatMapMany(this::read);
  }

  private Flux<Delivery> read(Place from) {
    return link.open().flatMap(open -> consumer(from, open)).flatMapMany(this::use);
  }

  private Mono<Consumer> consumer(Place from, Link.Open open) {
    return api.stream(from.stream())
        .switchIfEmpty(
            Mono.<StreamState>error(() -> noStream(from.stream()))
                .doOnError(missing -> onNoStream.run()))
        .doOnNext(start::check)
        .map(now -> new Consumer(from, now, open));
  }

  private Flux<Delivery> use(Consumer consumer) {
    return Flux.usingWhen(
        Mono.just(consumer),
        Consumer::deliveries,
        Consumer::close,
        (used, e) -> used.close(),
        Consumer::close);
  }

  static BrokerException.Unavailable noStream(String name) {
    return new BrokerException.Unavailable("there is no stream " + name);
  }

  /** A consumer from before its creation until after its deletion. */
  private final class Consumer {
    private final Place from;
    private final StreamState now;
    private final Link.Open open;

    /** Chosen here, so that it is deleted even if the answer to its creation is lost. */
    private final String name = "creek_" + NUID.nextGlobal();

    Consumer(Place from, StreamState now, Link.Open open) {
      this.from = from;
      this.now = now;
      this.open = open;
    }

    Flux<Delivery> deliveries() {
      return api.createConsumer(
              from.stream(), name, from.subject(), start.at(), options.consumerInactivity())
          .delayUntil(this::checkHoles)
          .flatMapMany(this::deliveries);
    }

    /**
     * A reader that lags checks messages as they come. One that has nothing to read waits from here
     * on, so earlier removals are checked now.
     */
    private Mono<Void> checkHoles(ConsumerState created) {
      return latest(created)
          .flatMap(
              state ->
                  holes
                      .of(state)
                      .doOnNext(list -> start.checkHoles(list, start.first(now, created), state)))
          .then();
    }

    private Mono<StreamState> latest(ConsumerState created) {
      return created.pending() > 0 || start.isOldest()
          ? Mono.just(now)
          : api.stream(from.stream())
              .switchIfEmpty(Mono.error(() -> noStream(from.stream())))
              .doOnNext(start::check);
    }

    private Flux<Delivery> deliveries(ConsumerState created) {
      log.debug("reading {} from {} on as {}", from.shown(), start, name);
      ReadReports.Reading reading = reports.begin(created.pending());
      var window =
          new PullWindow(
              options,
              link.readAhead().share(),
              link.reader().overheadBytes(),
              start.first(now, created),
              start.isOldest(),
              created.pending() == 0,
              System.nanoTime());
      var consumer = new PullConsumer(now.identity(), name);
      return PullSession.deliveries(
          link,
          open,
          api,
          options,
          consumer,
          from.tables(),
          window,
          outlet -> {
            var checks =
                new StreamChecks(
                    api,
                    holes,
                    start.known(),
                    consumer,
                    window,
                    outlet,
                    from.subject(),
                    followed ? reading : null);
            reading.reads(checks);
            return checks;
          },
          reading::heard);
    }

    /** Best effort, and not for long: the broker does it too, later. */
    Mono<Void> close() {
      return api.deleteConsumer(from.stream(), name).timeout(CLEANUP_TIMEOUT).onErrorComplete();
    }
  }

  private void remember(Delivery delivery) {
    attempts = 0;
    backoff = BACKOFF;
    start.moveBehind(delivery.frontier());
  }

  private Mono<Long> pause(Throwable failure) {
    boolean passes =
        failure instanceof ReadInterrupted
            || failure instanceof BrokerException.Unavailable
            || failure instanceof ApiException;
    if (!passes || link.isClosed()) {
      // Not on the link's thread, which all readers share.
      return Mono.<Long>error(passes ? Link.closedByUs() : failure)
          .subscribeOn(options.scheduler());
    }
    reports.interrupted(failure);
    if (attempts++ % ATTEMPTS_BETWEEN_WARNINGS == 0) {
      // The state of a followed table shows it.
      log.atLevel(reports.areIgnored() ? Level.WARN : Level.DEBUG)
          .log(
              "Reading {} is interrupted: {}. It goes on from {}",
              subject,
              ErrorWords.described(failure),
              start);
    }
    Duration pause = backoff.pause();
    backoff = backoff.next();
    return Mono.delay(pause);
  }
}
