package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** What comes over the wire when the broker or the way to it is in trouble. */
@EachReader
final class MisbehaviourTest {
  @Parameter private BrokerOptions.Reader reader;

  private static final SourceTable TABLE = new SourceTable("shop", "public", "items");
  private static final StreamIdentity STREAM =
      new StreamIdentity("CREEK_wal_shop", Instant.parse("2026-01-01T00:00:00.123456Z"));

  /** The client waits as long for the answer to each login that is refused. */
  private static final Duration REFUSED_SOON = Duration.ofMillis(500);

  private Duration connectTimeout = Duration.ofSeconds(3);
  private ScriptedBroker broker;
  private JetStreamLog log;
  private Reading reading;

  private Reading read(ScriptedBroker.Script script) {
    broker = new ScriptedBroker(script);
    return read();
  }

  private Reading read() {
    return read(ReadListener.NONE);
  }

  private Reading read(ReadListener listener) {
    var options =
        BrokerOptions.builder(broker.uri())
            .generation(Generation.NEW)
            .reader(reader)
            .connectTimeout(connectTimeout)
            .pull(Duration.ofMillis(200), Duration.ofSeconds(60))
            .frontierInterval(Duration.ofMillis(300))
            .build();
    log = Objects.requireNonNull(JetStreamLog.connect(options).block());
    reading = Reading.all(log.read(TABLE, new StartAt.Sequence(1), STREAM, listener));
    return reading;
  }

  @AfterEach
  void close() {
    reading.cancel();
    log.close().block();
    broker.close();
  }

  private List<Long> sequences() {
    return reading.allPackets().stream().map(packet -> packet.sequence()).toList();
  }

  /** The first consumer has sent 10 and then goes wrong; the second must go on behind it. */
  private void assertContinuesBehindTen() {
    reading.awaitPackets(2);
    assertThat(sequences()).containsExactly(10L, 11L);
    assertThat(broker.created).hasSizeGreaterThanOrEqualTo(2);
    assertThat(List.copyOf(broker.created).get(1)).contains("\"opt_start_seq\":11");
  }

  @Test
  void aMessageThatIsMissingIsReadAgain() {
    read(
        (consumer, pull) -> {
          if (consumer == 1) {
            broker.message(pull, 10, 1, 0);
            await().until(() -> reading.packets.get() == 1);
            broker.message(pull, 12, 3, 0);
          } else {
            broker.message(pull, 11, 1, 0);
          }
        });
    assertContinuesBehindTen();
  }

  @Test
  void aLastMessageThatIsMissingIsFoundByTheHeartbeat() {
    read(
        (consumer, pull) -> {
          if (consumer == 1) {
            broker.message(pull, 10, 1, 0);
            await().until(() -> reading.packets.get() == 1);
            broker.status(pull, "100 Idle Heartbeat", "Nats-Last-Consumer: 2\r\n");
          } else {
            broker.message(pull, 11, 1, 0);
          }
        });
    assertContinuesBehindTen();
  }

  /** Each new consumer is created, and none of them brings anything. */
  @Test
  void aReaderThatIsNotAnsweredDoesNotSayThatItReads() {
    List<String> described = new CopyOnWriteArrayList<>();
    ReadListener listener =
        new ReadListener() {
          @Override
          public void began(long pending) {
            described.add("began");
          }

          @Override
          public void interrupted(String reason, @Nullable String hint) {
            described.add(reason + " / " + hint);
          }
        };
    broker =
        new ScriptedBroker(
            (consumer, pull) -> {
              if (consumer == 4) {
                broker.message(pull, 10, 1, 0);
              }
            });
    read(listener);
    reading.awaitPackets(1);
    assertThat(described).hasSizeGreaterThanOrEqualTo(5).startsWith("began");
    assertThat(described.subList(1, 4))
        .allMatch(text -> text.startsWith("the broker sends no heartbeat / look whether stream"));
    assertThat(described.get(4)).isEqualTo("began");
  }

  @Test
  void silenceEndsTheConsumer() {
    read(
        (consumer, pull) -> {
          if (consumer == 1) {
            broker.message(pull, 10, 1, 0);
          } else {
            broker.message(pull, 11, 1, 0);
          }
        });
    reading.awaitPackets(2);
    assertThat(sequences()).startsWith(10L, 11L);
    assertThat(broker.deleted).isNotEmpty();
  }

  @Test
  void aHeartbeatThatIsHeardLateTellsOfNothing() {
    read(
        (consumer, pull) -> {
          broker.message(pull, 10, 1, 0);
          broker.message(pull, 11, 2, 0);
          await().until(() -> reading.packets.get() == 2);
          broker.status(pull, "100 Idle Heartbeat", "Nats-Last-Consumer: 1\r\n");
          broker.message(pull, 12, 3, 0);
        });
    reading.awaitPackets(3);
    assertThat(sequences()).containsExactly(10L, 11L, 12L);
    assertThat(broker.created).hasSize(1);
  }

  @Test
  void heartbeatsKeepTheConsumer() {
    read((consumer, pull) -> beat(pull, 0, () -> broker.message(pull, 10, 1, 0)));
    reading.awaitPackets(1);
    assertThat(broker.created).hasSize(1);
  }

  /** Heartbeats for longer than a reader waits in silence, then the rest. */
  private void beat(String pull, long delivered, Runnable rest) {
    Flux.interval(Duration.ofMillis(100), Schedulers.boundedElastic())
        .take(15)
        .doOnNext(
            n ->
                broker.status(
                    pull, "100 Idle Heartbeat", "Nats-Last-Consumer: " + delivered + "\r\n"))
        .doOnComplete(rest)
        .subscribe();
  }

  private void sendOneAndBeat(int consumer, String pull) {
    broker.message(pull, 10, 1, 0);
    beat(pull, 1, () -> {});
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "409 Consumer Deleted",
        "409 Server Shutdown",
        "409 Leadership Change",
        "409 Exceeded MaxWaiting",
        "400 Bad Request",
        "423 Nats-Wrong-Pin-Id",
        "503"
      })
  void anyOtherStatusEndsTheConsumer(String status) {
    read(
        (consumer, pull) -> {
          if (consumer == 1) {
            broker.message(pull, 10, 1, 0);
            await().until(() -> reading.packets.get() == 1);
            broker.status(pull, status, "");
          } else {
            broker.message(pull, 11, 1, 0);
          }
        });
    assertContinuesBehindTen();
  }

  /** Refused twice, the client gives up for ever; a service that lives for weeks must not. */
  @Test
  void whoIsRefusedForAWhileComesBack() {
    connectTimeout = REFUSED_SOON;
    read((consumer, pull) -> broker.message(pull, consumer == 1 ? 10 : 11, 1, 0));
    reading.awaitPackets(1);
    broker.refuse(4);
    reading.awaitPackets(2);
    assertThat(sequences()).startsWith(10L, 11L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "404 No Messages",
        "408 Request Timeout",
        "409 Batch Completed",
        "409 Message Size Exceeds MaxBytes"
      })
  void theEndOfARequestIsFollowedByTheNext(String status) {
    var pulls = new AtomicInteger();
    read(
        (consumer, pull) -> {
          if (pulls.incrementAndGet() == 1) {
            broker.message(pull, 10, 1, 0);
            broker.status(pull, status, "");
          } else {
            broker.message(pull, 11, 2, 0);
          }
        });
    reading.awaitPackets(2);
    assertThat(sequences()).containsExactly(10L, 11L);
    assertThat(broker.created).hasSize(1);
  }

  @Test
  void theEndOfAnEarlierRequestIsNotTakenForThatOfTheNext() {
    var pulls = new AtomicInteger();
    read(
        (consumer, pull) -> {
          if (pulls.incrementAndGet() == 1) {
            broker.status(pull, "408 Request Timeout", "");
            broker.status(pull, "408 Request Timeout", "");
            broker.status(pull, "408 Request Timeout", "");
          }
        });
    await().until(() -> pulls.get() == 2);
    await().during(Duration.ofMillis(300)).until(() -> pulls.get() == 2);
  }

  /** Of another consumer, without its numbers, or of something else. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "$JS.ACK.s.creek_other.1.11.2.1700000000000000000.0",
        "$JS.ACK.s.%s.1.11.2.1700000000000000000",
        "$JS.ACK.s.%s.1.11.two.1700000000000000000.0",
        "$JS.ACK.s.%s",
        "_INBOX.of.somebody"
      })
  void aMessageThatJetStreamDidNotSendEndsTheConsumer(String reply) {
    read(
        (consumer, pull) -> {
          if (consumer == 1) {
            broker.message(pull, 10, 1, 0);
            await().until(() -> reading.packets.get() == 1);
            broker.message(pull, reply.formatted(broker.consumerName()));
          } else {
            broker.message(pull, 11, 1, 0);
          }
        });
    assertContinuesBehindTen();
  }

  /** The client's own objects count, too, while they wait for their turn. */
  @Test
  void aRequestIsForNoMoreThanAllBytesAllowed() {
    read((consumer, pull) -> broker.message(pull, 10, 1, 0));
    reading.awaitPackets(1);
    assertThat(List.copyOf(broker.pulls).get(0))
        .contains(reader == BrokerOptions.Reader.CLIENT ? "\"batch\":2048," : "\"batch\":8000,")
        .contains("\"max_bytes\":2097152");
  }

  @Test
  void theLongFormOfTheReplySubjectIsRead() {
    read(
        (consumer, pull) ->
            broker.message(
                pull,
                "$JS.ACK.hub.HASH.s.%s.1.10.1.1700000000000000000.0.rnd"
                    .formatted(broker.consumerName())));
    reading.awaitPackets(1);
    assertThat(reading.last().frontier()).isEqualTo(10);
  }

  @Test
  void retentionThatOvertakesTheReaderIsSeenBeforeThePacketsBehindTheHoleLeave() {
    read(
        (consumer, pull) -> {
          broker.message(pull, 10, 1, 5);
          broker.firstSequence.set(20);
          broker.message(pull, 20, 2, 0);
        });
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("begins at sequence 20");
    // The one before the hole may have left by then.
    assertThat(sequences()).doesNotContain(20L);
  }

  /**
   * A consumer that reports that nothing is pending may not have heard yet of a message that the
   * stream holds. It may also have sent it.
   */
  @Test
  void theFrontierStaysWhileTheStreamHoldsAMessageThatHasNotCome() {
    broker = new ScriptedBroker(this::sendOneAndBeat);
    broker.pending.set(0);
    broker.held.set(11);
    read();
    reading.awaitPackets(1);
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Reading.LIMIT)
        .until(() -> reading.last().frontier() == 10);
    broker.held.set(10);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 1000);
    assertThat(reading.last()).isEqualTo(new Delivery(List.of(), 0, 1000));
  }
}
