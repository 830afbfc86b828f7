package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog.PublishedSchema;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SchemaMessage;
import dev.creek.consumer.wire.Subjects;
import dev.creek.consumer.wire.WireMessage;
import io.nats.client.Message;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Finds schemas in the schema stream and requests them from the producer. */
final class SchemaLookup {
  private static final Logger log = LoggerFactory.getLogger(SchemaLookup.class);

  /** Schemas have some kilobytes; a message that declares more is not a schema. */
  private static final int MAX_SCHEMA_BYTES = 16 << 20;

  /** A producer that answers (NEW) sends this after its answer. */
  private static final String ACK = "+ACK";

  private static final String NO_SCHEMA = "null";
  private static final Duration RETRY_DELAY = Duration.ofMillis(250);

  private final JetStreamApi api;
  private final Requests requests;
  private final SubjectReaders readers;
  private final BrokerOptions options;

  SchemaLookup(JetStreamApi api, Requests requests, SubjectReaders readers, BrokerOptions options) {
    this.api = api;
    this.requests = requests;
    this.readers = readers;
    this.options = options;
  }

  /**
   * Implements {@link dev.creek.consumer.stream.ChangeLog#publishedSchema}. If it is the last
   * message, whole, as it usually is, the stream is not read.
   */
  Mono<PublishedSchema> published(
      Subjects subjects, SourceTable source, @Nullable Fingerprint fingerprint) {
    String stream = subjects.schemaStream(source.database());
    String subject = subjects.schemaSubject(source);
    return api.lastMessage(stream, subject)
        .onErrorResume(ApiException.class, e -> e.streamNotFound() ? Mono.empty() : Mono.error(e))
        .flatMap(
            last ->
                new Found(subject, fingerprint)
                    .in(last)
                    .switchIfEmpty(read(stream, subject, last.sequence(), fingerprint)))
        .onErrorMap(ApiException.class, e -> unavailable(stream, e));
  }

  private static BrokerException.Unavailable unavailable(String stream, Exception e) {
    return new BrokerException.Unavailable(
        "stream " + stream + " cannot be read: " + ErrorWords.described(e), e);
  }

  private Mono<PublishedSchema> read(
      String stream, String subject, long last, @Nullable Fingerprint fingerprint) {
    Found found = new Found(subject, fingerprint);
    return readers
        .schemas(stream, subject)
        .takeUntil(delivery -> delivery.frontier() >= last)
        .doOnNext(found::add)
        .then(Mono.fromSupplier(() -> found.newest))
        .timeout(options.requestTimeout().multipliedBy(4))
        .onErrorMap(TimeoutException.class, e -> unavailable(stream, e));
  }

  /** Takes messages in their order, and keeps the newest matching schema. */
  private static final class Found {
    private final String subject;
    private final @Nullable Fingerprint fingerprint;
    private final MessageAssembler assembler = new MessageAssembler(MAX_SCHEMA_BYTES);
    private @Nullable PublishedSchema newest;

    Found(String subject, @Nullable Fingerprint fingerprint) {
      this.subject = subject;
      this.fingerprint = fingerprint;
    }

    /** The schema in this message; empty also if it is only a part of one. */
    Mono<PublishedSchema> in(JetStreamApi.StoredMessage message) {
      try {
        accept(message.sequence(), message.data());
      } catch (MessageException e) {
        // Reading all messages reports it, if it is not just the last packet of several.
      }
      return Mono.justOrEmpty(newest);
    }

    void add(Delivery delivery) {
      delivery.packets().forEach(this::add);
    }

    private void add(Packet packet) {
      try {
        accept(packet.sequence(), packet.data());
      } catch (MessageException e) {
        // One bad message must not hide the good ones.
        log.warn(
            "Message {} of {} is skipped, because it is no schema: {}",
            packet.sequence(),
            subject,
            e.getMessage());
      }
    }

    private void accept(long sequence, byte[] data) {
      WireMessage whole = assembler.accept(sequence, data);
      if (whole != null) {
        add(SchemaMessage.parse(whole));
      }
    }

    private void add(SchemaMessage message) {
      Fingerprint key = message.fingerprint();
      if (key != null
          && !message.schema().equals(NO_SCHEMA)
          && (fingerprint == null || fingerprint.equals(key))) {
        newest = new PublishedSchema(key, message.schema());
      }
    }
  }

  /** Implements {@link dev.creek.consumer.stream.ChangeLog#requestSchema}. */
  Mono<String> request(Subjects subjects, SourceTable source, Fingerprint fingerprint) {
    String subject = subjects.schemaRequest(source.database());
    Duration timeout = options.schemaTimeout();
    return requests
        .to(subject, fingerprint.toString().getBytes(US_ASCII), timeout)
        // After a request that it cannot answer, a producer does not listen for 2 s.
        .retryWhen(
            Retry.fixedDelay(timeout.dividedBy(RETRY_DELAY), RETRY_DELAY)
                .filter(Requests.NoResponder.class::isInstance))
        .timeout(timeout, Mono.empty())
        .onErrorResume(this::isSilence, e -> Mono.empty())
        .mapNotNull(answer -> schema(answer, source, fingerprint));
  }

  /** A producer that does not know the schema stays silent for the whole timeout. */
  private boolean isSilence(Throwable e) {
    return Exceptions.isRetryExhausted(e)
        || e instanceof Requests.NoResponder
        || e.getCause() instanceof TimeoutException;
  }

  private static @Nullable String schema(Message answer, SourceTable source, Fingerprint asked) {
    byte[] data = answer.getData();
    if (new String(data, UTF_8).equals(ACK)) {
      return null;
    }
    try {
      SchemaMessage message = SchemaMessage.parse(data, 0, data.length);
      boolean fits = asked.equals(message.fingerprint()) && !message.schema().equals(NO_SCHEMA);
      return fits ? message.schema() : null;
    } catch (MessageException e) {
      log.warn(
          "{}: the producer's answer for schema {} cannot be used: {}",
          source,
          asked,
          e.getMessage());
      return null;
    }
  }
}
