package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Message;
import io.nats.client.NUID;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Finds snapshots in the snapshot streams, and requests new ones from the producer. */
final class SnapshotLookup {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Framed: packet 0 of a message of three bytes. */
  private static final byte[] END = {0, 0, 0, 0, 0, 3, 'E', 'O', 'F'};

  /** A producer that answers (NEW) sends this after its answer. */
  private static final String ACK = "+ACK";

  private static final Duration RETRY_DELAY = Duration.ofMillis(250);

  /** Two short requests for each snapshot; many at once, so that a long list takes little time. */
  private static final int QUESTIONS = 16;

  private final JetStreamApi api;
  private final Requests requests;
  private final HoleSource holes;
  private final BrokerOptions options;
  private final SilentProducer silence;

  SnapshotLookup(
      JetStreamApi api,
      Requests requests,
      HoleSource holes,
      BrokerOptions options,
      SilentProducer silence) {
    this.api = api;
    this.requests = requests;
    this.holes = holes;
    this.options = options;
    this.silence = silence;
  }

  /**
   * Implements {@link dev.creek.consumer.stream.SnapshotLog#snapshots}.
   *
   * @param present the database's generation. Snapshots of another one are included only if this
   *     user may read its streams
   */
  Flux<PublishedSnapshot> all(SourceTable source, Mono<Generation> present) {
    Generation forced = options.generation();
    return Flux.fromStream(
            () -> Stream.of(Generation.values()).filter(g -> forced == null || g == forced))
        .concatMap(
            generation ->
                all(source, new Subjects(generation, options.namespace()))
                    .onErrorResume(
                        BrokerException.Denied.class,
                        denied ->
                            present
                                .filter(generation::equals)
                                .flatMapMany(same -> Flux.<PublishedSnapshot>error(denied))))
        .sort(
            Comparator.comparing(PublishedSnapshot::publishedAt)
                .thenComparing(PublishedSnapshot::firstSequence));
  }

  private Flux<PublishedSnapshot> all(SourceTable source, Subjects names) {
    return find(names.snapshotStream(source.database()), names.snapshotSubjects(source));
  }

  /** Implements {@link dev.creek.consumer.stream.SnapshotLog#snapshot}. */
  Mono<PublishedSnapshot> one(SourceTable source, String subject) {
    Subjects names = Subjects.ofSnapshot(options.namespace(), source, subject);
    return find(names.snapshotStream(source.database()), subject).next();
  }

  private Flux<PublishedSnapshot> find(String stream, String pattern) {
    return api.subjects(stream, pattern)
        .flatMap(count -> describe(stream, count), QUESTIONS)
        .onErrorMap(ApiException.class, e -> unavailable(stream, e));
  }

  private static BrokerException.Unavailable unavailable(String stream, Exception e) {
    return new BrokerException.Unavailable(
        "stream " + stream + " cannot be read: " + ErrorWords.described(e), e);
  }

  /** Empty if it has been removed meanwhile. */
  private Mono<PublishedSnapshot> describe(String stream, JetStreamApi.SubjectCount count) {
    String subject = count.subject();
    return Mono.zip(
        api.firstMessage(stream, subject),
        api.lastMessage(stream, subject),
        (first, last) ->
            new PublishedSnapshot(
                subject,
                first.sequence(),
                last.sequence(),
                count.messages(),
                first.time(),
                Arrays.equals(last.data(), END)));
  }

  /** Implements {@link dev.creek.consumer.stream.SnapshotLog#requestSnapshot}. */
  Mono<String> request(Subjects names, SourceTable source, Duration timeout) {
    String asked = names.snapshotRequest(source.database());
    // Longer than the timeout after which the silence is explained.
    Duration answerLimit = timeout.plus(options.requestTimeout().multipliedBy(4));
    return requests
        .to(asked, body(source), answerLimit)
        // After a request that it cannot answer, a producer does not listen for 2 s.
        .retryWhen(
            Retry.fixedDelay(options.schemaTimeout().dividedBy(RETRY_DELAY), RETRY_DELAY)
                .filter(Requests.NoResponder.class::isInstance)
                .onRetryExhaustedThrow((spec, signal) -> signal.failure()))
        .onErrorMap(Requests.NoResponder.class, e -> nobodyListens(asked))
        .takeUntilOther(silence.explained(names, source, timeout))
        .map(answer -> subject(answer, source));
  }

  private static BrokerException.NoProducer nobodyListens(String asked) {
    return new BrokerException.NoProducer(
        "no producer can be asked for a snapshot: no subscriber listens to "
            + asked
            + ", so it does not run, or has another namespace, or is in another NATS account",
        null);
  }

  private String subject(Message answer, SourceTable source) {
    String subject = new String(answer.getData(), UTF_8);
    try {
      Subjects.ofSnapshot(options.namespace(), source, subject);
      return subject;
    } catch (IllegalArgumentException e) {
      throw new BrokerException.Unanswered(
          subject.equals(ACK)
              ? "the producer accepted the request for a snapshot, but did not return its name"
              : "the producer's answer cannot be used: " + e.getMessage(),
          null);
    }
  }

  private static byte[] body(SourceTable source) {
    try {
      return JSON.writeValueAsBytes(
          JSON.createObjectNode()
              .put("database", source.database())
              .put("namespace", source.namespace())
              .put("table", source.table()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Implements {@link dev.creek.consumer.stream.SnapshotLog#changesSince}. */
  Mono<ChangesSince> changesSince(Subjects names, SourceTable source, Instant time) {
    String stream = names.walStream(source.database());
    return api.stream(stream)
        .switchIfEmpty(Mono.error(() -> SubjectReader.noStream(stream)))
        .flatMap(
            now ->
                sequenceBefore(stream, names.walSubject(source), time)
                    .flatMap(
                        before ->
                            beforeHoles(names, source).of(now, Math.min(before, now.last()), time))
                    .map(
                        before ->
                            new ChangesSince(now.identity(), before, now.holdsAllSince(time))))
        .onErrorMap(ApiException.class, e -> unavailable(stream, e));
  }

  private PlaceBeforeHoles beforeHoles(Subjects names, SourceTable source) {
    return new PlaceBeforeHoles(
        api,
        holes,
        names.walStream(source.database()),
        names.walSubjects(source.database()),
        JetStreamApi.StoredMessage::time);
  }

  /**
   * Only the broker knows the sequence of a time: a new consumer's start shows it. That may be at
   * the table's own next message.
   */
  private Mono<Long> sequenceBefore(String stream, String subject, Instant time) {
    return Mono.usingWhen(
        Mono.fromSupplier(() -> "creek_" + NUID.nextGlobal()),
        name ->
            api.createConsumer(
                    stream, name, subject, new StartAt.Time(time), options.consumerInactivity())
                .map(ConsumerState::deliveredStream),
        name -> api.deleteConsumer(stream, name));
  }
}
