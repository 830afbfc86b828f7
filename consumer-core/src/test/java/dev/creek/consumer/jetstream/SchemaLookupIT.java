package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog.PublishedSchema;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.wire.Fingerprint;
import io.nats.client.Dispatcher;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** Schemas from the schema stream and from the producer. */
final class SchemaLookupIT {
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private static final SourceTable TABLE = new SourceTable("shop", "public", "items");
  private static final Fingerprint ONE = new Fingerprint(1);
  private static final Fingerprint TWO = new Fingerprint(2);

  private Broker broker;
  private JetStreamLog log;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server());
    log =
        Objects.requireNonNull(
            JetStreamLog.connect(broker.options().schemaTimeout(Duration.ofMillis(1500)).build())
                .block());
  }

  @AfterEach
  void close() {
    log.close().block();
    broker.close();
  }

  private void createWal(Generation generation) {
    if (generation == Generation.NEW) {
      broker.createStream("CREEK_wal_shop", "CREEK_wal_shop.>");
    } else {
      broker.createStream("CREEK_wal", "CREEK.shop.wal.>");
    }
  }

  private void createBoth(Generation generation) {
    createWal(generation);
    if (generation == Generation.NEW) {
      broker.createStream("CREEK_schema_shop", "CREEK_schema_shop.>");
    } else {
      broker.createStream("CREEK_schema", "CREEK.shop.schema.>");
    }
  }

  private static byte[] json(@Nullable Fingerprint fingerprint, String schema) {
    return """
        {"fingerprint":"%s","schema":"%s","source":"public.items","created_at":"2026-01-01T00:00:00Z"}"""
        .formatted(fingerprint == null ? "" : fingerprint, schema)
        .getBytes(UTF_8);
  }

  private void publish(Generation generation, byte[] json) {
    byte[] packet =
        ByteBuffer.allocate(6 + json.length)
            .putShort((short) 0)
            .putInt(json.length)
            .put(json)
            .array();
    broker.publish(Broker.names(generation).schemaSubject(TABLE), packet);
  }

  private @Nullable PublishedSchema published(@Nullable Fingerprint fingerprint) {
    return log.publishedSchema(TABLE, fingerprint).block(Reading.LIMIT);
  }

  @ParameterizedTest
  @EnumSource
  void theNewestPublishedSchemaIsTheOneThatCounts(Generation generation) {
    createBoth(generation);
    publish(generation, json(ONE, "a"));
    publish(generation, json(ONE, "c"));
    publish(generation, json(null, "null"));
    publish(generation, "{\"no\":\"schema\"}".getBytes(UTF_8));
    assertThat(published(null)).isEqualTo(new PublishedSchema(ONE, "c"));

    publish(generation, json(TWO, "b"));
    assertThat(published(null)).isEqualTo(new PublishedSchema(TWO, "b"));
    assertThat(published(TWO)).isEqualTo(new PublishedSchema(TWO, "b"));
    assertThat(published(ONE)).isEqualTo(new PublishedSchema(ONE, "c"));
    assertThat(published(new Fingerprint(3))).isNull();
  }

  @Test
  void aSchemaInSeveralPacketsIsPutTogether() {
    createBoth(Generation.NEW);
    byte[] json = json(ONE, "long");
    String subject = Broker.names(Generation.NEW).schemaSubject(TABLE);
    broker.publish(
        subject,
        ByteBuffer.allocate(16).putShort((short) 0).putInt(json.length).put(json, 0, 10).array());
    broker.publish(
        subject,
        ByteBuffer.allocate(2 + json.length - 10)
            .putShort((short) 1)
            .put(json, 10, json.length - 10)
            .array());
    assertThat(published(ONE)).isEqualTo(new PublishedSchema(ONE, "long"));
  }

  @Test
  void aTableWithoutSchemasHasNone() {
    createBoth(Generation.NEW);
    assertThat(published(null)).isNull();
  }

  @Test
  void withoutASchemaStreamThereAreNone() {
    createWal(Generation.NEW);
    assertThat(published(null)).isNull();
  }

  @Test
  void lookingUpLeavesNoConsumerBehind() {
    createBoth(Generation.NEW);
    publish(Generation.NEW, json(ONE, "a"));
    publish(Generation.NEW, json(TWO, "b"));
    assertThat(published(ONE)).isNotNull();
    await().until(() -> broker.consumers("CREEK_schema_shop").isEmpty());
  }

  /** Answers as a producer does: nothing where {@code answer} gives null. */
  private Dispatcher producer(Generation generation, Function<String, byte @Nullable []> answer) {
    var dispatcher =
        broker.connection.createDispatcher(
            request -> {
              byte[] data = answer.apply(new String(request.getData(), UTF_8));
              if (data != null) {
                broker.connection.publish(request.getReplyTo(), data);
                if (generation == Generation.NEW) {
                  broker.connection.publish(request.getReplyTo(), "+ACK".getBytes(UTF_8));
                }
              }
            });
    dispatcher.subscribe(Broker.names(generation).schemaRequest("shop"));
    broker.flush();
    return dispatcher;
  }

  private @Nullable String request(Fingerprint fingerprint) {
    return log.requestSchema(TABLE, fingerprint).block(Reading.LIMIT);
  }

  @ParameterizedTest
  @EnumSource
  void theProducerIsAskedByTheTextOfTheFingerprint(Generation generation) {
    createWal(generation);
    producer(generation, text -> text.equals(ONE.toString()) ? json(ONE, "asked") : null);
    assertThat(request(ONE)).isEqualTo("asked");
    assertThat(request(ONE)).isEqualTo("asked");
  }

  @Test
  void aProducerThatSaysNothingDoesNotKnow() {
    createWal(Generation.OLD);
    producer(Generation.OLD, text -> null);
    assertThat(request(TWO)).isNull();
  }

  @Test
  void withoutAProducerThereIsNoAnswer() {
    createWal(Generation.NEW);
    assertThat(request(ONE)).isNull();
  }

  @Test
  void aProducerThatDoesNotListenForAWhileIsAskedAgain() {
    createWal(Generation.NEW);
    CompletableFuture.delayedExecutor(700, TimeUnit.MILLISECONDS)
        .execute(() -> producer(Generation.NEW, text -> json(ONE, "late")));
    assertThat(request(ONE)).isEqualTo("late");
  }

  @Test
  void anAnswerOfNoUseIsNone() {
    createWal(Generation.NEW);
    for (byte[] answer :
        new byte[][] {
          json(TWO, "other"), json(ONE, "null"), "+ACK".getBytes(UTF_8), "?".getBytes(UTF_8)
        }) {
      var producer = producer(Generation.NEW, text -> answer);
      assertThat(request(ONE)).isNull();
      broker.connection.closeDispatcher(producer);
    }
  }

  @Test
  void anOutageIsNotSilence() {
    createWal(Generation.NEW);
    assertThat(log.generation("shop").block()).isNotNull();
    nats.restartable().stop();
    await()
        .atMost(Reading.LIMIT)
        .untilAsserted(
            () -> {
              assertThat(failure(log.requestSchema(TABLE, ONE)))
                  .isInstanceOf(BrokerException.Unavailable.class);
              assertThat(failure(log.publishedSchema(TABLE, ONE)))
                  .isInstanceOf(BrokerException.Unavailable.class);
            });
  }

  private static @Nullable Throwable failure(Mono<?> mono) {
    return Objects.requireNonNull(mono.materialize().block(Reading.LIMIT)).getThrowable();
  }
}
