package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.testing.NatsExtension;
import io.nats.client.Dispatcher;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots: listed, requested, read; and where the changes stood then. */
@EachReader
final class SnapshotLogIT {
  @Parameter private BrokerOptions.Reader reader;

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private static final SourceTable TABLE = new SourceTable("shop", "public", "items");
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private Broker broker;
  private JetStreamLog log;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server(), reader);
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

  private void createStreams(Generation generation) {
    if (generation == Generation.NEW) {
      broker.createStream("CREEK_wal_shop", "CREEK_wal_shop.>");
      broker.createStream("CREEK_snap_shop", "CREEK_snap_shop.>");
    } else {
      broker.createStream("CREEK_wal", "CREEK.shop.wal.>");
      broker.createStream("CREEK_snap", "CREEK.shop.snap.>");
    }
  }

  private static String subject(Generation generation, SourceTable table, String token) {
    return Broker.names(generation).snapshotSubjects(table).replace("*", token);
  }

  private static byte[] framed(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return ByteBuffer.allocate(6 + bytes.length)
        .putShort((short) 0)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  private void publish(String subject, String... messages) {
    for (String message : messages) {
      broker.publish(subject, framed(message));
    }
  }

  private List<PublishedSnapshot> listed() {
    return Objects.requireNonNull(log.snapshots(TABLE).collectList().block(Reading.LIMIT));
  }

  @ParameterizedTest
  @EnumSource
  void listsWhatTheStreamHoldsOldestFirst(Generation generation) {
    createStreams(generation);
    String whole = subject(generation, TABLE, "9_first");
    String headerOnly = subject(generation, TABLE, "1_second");
    publish(whole, "{}", "row", "row");
    publish(headerOnly, "{}");
    publish(whole, "EOF");
    publish(subject(generation, Broker.sibling(TABLE, "other"), "0"), "{}", "EOF");
    assertThat(listed())
        .extracting(
            PublishedSnapshot::subject,
            PublishedSnapshot::firstSequence,
            PublishedSnapshot::lastSequence,
            PublishedSnapshot::messages,
            PublishedSnapshot::rows,
            PublishedSnapshot::complete)
        .containsExactly(
            tuple(whole, 1L, 5L, 4L, 2L, true), tuple(headerOnly, 4L, 4L, 1L, 0L, false));
    assertThat(listed().get(0).publishedAt())
        .isBetween(Instant.now().minusSeconds(60), listed().get(1).publishedAt());
  }

  @Test
  void listsThoseOfAnEarlierProducerToo() {
    createStreams(Generation.OLD);
    createStreams(Generation.NEW);
    publish(subject(Generation.NEW, TABLE, "a"), "{}", "EOF");
    publish(subject(Generation.OLD, TABLE, "b"), "{}", "EOF");
    assertThat(listed())
        .extracting(PublishedSnapshot::subject)
        .containsExactly("CREEK_snap_shop.public.items.a", "CREEK.shop.snap.public.items.b");
  }

  @Test
  void thereAreNoneWhereTheDatabaseIsKnown() {
    createStreams(Generation.NEW);
    assertThat(listed()).isEmpty();
  }

  @Test
  void aDatabaseThatNobodyKnowsIsAnError() {
    assertThatThrownBy(this::listed)
        .isInstanceOf(BrokerException.Unavailable.class)
        .hasMessageContaining("messages of database " + TABLE.database());
  }

  @Test
  void manyAreListedQuickly() {
    createStreams(Generation.NEW);
    List<CompletableFuture<?>> stored = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String subject = subject(Generation.NEW, TABLE, "s" + i);
      for (String message : List.of("{}", "EOF")) {
        stored.add(
            Broker.call(() -> broker.connection.jetStream())
                .publishAsync(subject, framed(message)));
      }
    }
    stored.forEach(CompletableFuture::join);
    assertThat(listed()).hasSize(500).allMatch(PublishedSnapshot::complete);
  }

  @Test
  void oneIsDescribedByItsName() {
    createStreams(Generation.NEW);
    String subject = subject(Generation.NEW, TABLE, "a");
    assertThat(log.snapshot(TABLE, subject).blockOptional(Reading.LIMIT)).isEmpty();
    publish(subject, "{}", "row");
    PublishedSnapshot found =
        Objects.requireNonNull(log.snapshot(TABLE, subject).block(Reading.LIMIT));
    assertThat(found.messages()).isEqualTo(2);
    assertThat(found.complete()).isFalse();
    assertThatThrownBy(() -> log.snapshot(TABLE, "CREEK_wal_shop.x").block(Reading.LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no snapshot of shop.public.items");
  }

  @ParameterizedTest
  @EnumSource
  void readsFromTheFirstMessageOnAndMayBeginBeforeIt(Generation generation) {
    createStreams(generation);
    publish(subject(generation, TABLE, "before"), "x", "y");
    String subject = subject(generation, TABLE, "a");
    Reading reading = Reading.all(log.readSnapshot(TABLE, subject));
    publish(subject, "one");
    reading.awaitPackets(1);
    publish(subject, "two", "three");
    reading.awaitPackets(3);
    assertThat(reading.allPackets())
        .extracting(packet -> new String(packet.data(), 6, packet.data().length - 6, UTF_8))
        .containsExactly("one", "two", "three");
    assertThat(reading.last().caughtUp()).isTrue();
    reading.cancel();
    Reading late = Reading.all(log.readSnapshot(TABLE, subject));
    late.awaitPackets(3);
    late.cancel();
  }

  @Test
  void readsOnceTheStreamIsThere() {
    broker.createStream("CREEK_wal_shop", "CREEK_wal_shop.>");
    String subject = subject(Generation.NEW, TABLE, "a");
    Reading reading = Reading.all(log.readSnapshot(TABLE, subject));
    broker.createStream("CREEK_snap_shop", "CREEK_snap_shop.>");
    publish(subject, "one");
    reading.awaitPackets(1);
    reading.cancel();
  }

  /** Answers as a producer does: nothing where the answer is null. */
  private Dispatcher producer(Generation generation, @Nullable String answer, List<String> asked) {
    var dispatcher =
        broker.connection.createDispatcher(
            request -> {
              asked.add(new String(request.getData(), UTF_8));
              if (answer != null) {
                broker.connection.publish(request.getReplyTo(), answer.getBytes(UTF_8));
                if (generation == Generation.NEW) {
                  broker.connection.publish(request.getReplyTo(), "+ACK".getBytes(UTF_8));
                }
              }
            });
    dispatcher.subscribe(Broker.names(generation).snapshotRequest("shop"));
    broker.flush();
    return dispatcher;
  }

  private @Nullable String request() {
    return log.requestSnapshot(TABLE, PATIENCE).block(Reading.LIMIT);
  }

  @ParameterizedTest
  @EnumSource
  void theProducerIsAskedByName(Generation generation) {
    createStreams(generation);
    String subject = subject(generation, TABLE, "new");
    List<String> asked = new ArrayList<>();
    producer(generation, subject, asked);
    assertThat(request()).isEqualTo(subject);
    assertThat(request()).isEqualTo(subject);
    assertThat(asked)
        .hasSize(2)
        .containsOnly("{\"database\":\"shop\",\"namespace\":\"public\",\"table\":\"items\"}");
  }

  @Test
  void aProducerThatDoesNotListenForAWhileIsAskedAgain() {
    createStreams(Generation.NEW);
    String subject = subject(Generation.NEW, TABLE, "new");
    CompletableFuture.delayedExecutor(700, TimeUnit.MILLISECONDS)
        .execute(() -> producer(Generation.NEW, subject, new ArrayList<>()));
    assertThat(request()).isEqualTo(subject);
  }

  @Test
  void withoutAProducerNobodyCanBeAsked() {
    createStreams(Generation.NEW);
    assertThatThrownBy(this::request)
        .isInstanceOf(BrokerException.Unavailable.class)
        .hasMessageContaining("nobody listens to CREEK_snap_shop");
  }

  @Test
  void aProducerThatSaysNothingDoesNotKnowTheTable() {
    createStreams(Generation.OLD);
    List<String> asked = new ArrayList<>();
    producer(Generation.OLD, null, asked);
    assertThatThrownBy(this::request)
        .isInstanceOf(BrokerException.Unanswered.class)
        .hasMessageContaining("did not answer")
        .hasMessageContaining("shop.public.items within 2 s")
        .hasMessageContaining("whether it runs cannot be told")
        .hasMessageContaining("nothing of shop.public.items has been published yet");
    assertThat(asked).as("a second request would be a second snapshot").hasSize(1);
  }

  @Test
  void anAnswerThatNamesNoSnapshotOfTheTableIsRefused() {
    createStreams(Generation.NEW);
    for (String answer :
        List.of("+ACK", subject(Generation.NEW, Broker.sibling(TABLE, "other"), "a"), "")) {
      var producer = producer(Generation.NEW, answer, new ArrayList<>());
      assertThatThrownBy(this::request).isInstanceOf(BrokerException.Unavailable.class);
      broker.connection.closeDispatcher(producer);
    }
  }

  private ChangesSince since(Instant time) {
    return Objects.requireNonNull(log.changesSince(TABLE, time).block(Reading.LIMIT));
  }

  private Instant storedAt(long sequence) {
    return Broker.call(() -> broker.management.getMessage("CREEK_wal_shop", sequence))
        .getTime()
        .toInstant();
  }

  @Test
  void theBrokerTellsWhereTheChangesStoodAtATime() {
    createStreams(Generation.NEW);
    assertThat(since(Instant.now())).matches(s -> s.after() == 0 && s.whole());
    for (int i = 0; i < 5; i++) {
      broker.publish(i == 2 ? Broker.sibling(TABLE, "other") : TABLE, new byte[] {1});
    }
    assertThat(since(storedAt(1).minusSeconds(60)).after()).isZero();
    assertThat(since(storedAt(1)).after()).isZero();
    assertThat(since(storedAt(4)).after()).isEqualTo(3);
    assertThat(since(storedAt(5).plusNanos(1)).after()).isEqualTo(5);
    assertThat(since(storedAt(4)).stream().name()).isEqualTo("CREEK_wal_shop");
    assertThat(since(storedAt(4)).whole()).isTrue();
    await().until(() -> broker.consumers("CREEK_wal_shop").isEmpty());
  }

  @Test
  void whatRetentionRemovedSinceThenIsMissed() throws Exception {
    createStreams(Generation.NEW);
    for (int i = 0; i < 4; i++) {
      broker.publish(TABLE, new byte[] {1});
    }
    Instant second = storedAt(2);
    Instant third = storedAt(3);
    Instant last = storedAt(4);
    broker.management.deleteMessage("CREEK_wal_shop", 1);
    broker.management.deleteMessage("CREEK_wal_shop", 2);
    assertThat(since(second)).matches(s -> !s.whole() && s.after() == 2);
    assertThat(since(third)).matches(s -> s.whole() && s.after() == 2);
    broker.management.purgeStream("CREEK_wal_shop");
    assertThat(since(last).whole()).isFalse();
    assertThat(since(last.plusNanos(1))).matches(s -> s.whole() && s.after() == 4);
  }
}
