package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.GAP;
import static dev.creek.consumer.app.chaos.Fault.Effect.NONE;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.StoreCopy;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.PurgeOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What becomes of the broker's streams, by their retention, by administrators, by power cuts. */
final class StreamFaults {
  /** Enough for something to be missing in each case. */
  private static final long UNREAD_MESSAGES = 300;

  /** Whose messages are removed where only one table's are. */
  private static final String ONE_TABLE = "app.accounts";

  /** One that the service had let go of anyway. */
  private static final int NO_CONSUMER = 10014;

  private StreamFaults() {}

  static List<Fault> all() {
    return List.of(
        new Fault(
            "consumers deleted by an administrator", NONE, (all, random) -> deleteConsumers(all)),
        new Fault(
            "stream purged",
            GAP,
            (all, random) ->
                unread(all, (management, stream, read) -> management.purgeStream(stream))),
        new Fault(
            "messages of one table purged",
            GAP,
            (all, random) ->
                ofOneTable(
                    all,
                    (management, stream, subject) ->
                        management.purgeStream(stream, PurgeOptions.subject(subject)))),
        new Fault(
            "message deleted from the middle of the stream",
            GAP,
            (all, random) -> ofOneTable(all, StreamFaults::deleteNewest)),
        new Fault(
            "stream cut by retention, in mid-message",
            GAP,
            (all, random) -> unread(all, StreamFaults::cutInMidMessage)),
        new Fault(
            "stream deleted and created again",
            GAP,
            (all, random) -> {
              all.producer().stop();
              unread(all, (management, stream, read) -> management.deleteStream(stream));
              all.startProducer();
              all.awaitGaps(all.targets());
            }),
        new Fault("nats-server lost its unsynced tail", GAP, (all, random) -> loseTail(all)));
  }

  private interface Administration {
    /**
     * Does something to a stream.
     *
     * @param read its last sequence that the service may have read
     */
    void of(JetStreamManagement management, String stream, long read) throws Exception;
  }

  private static void deleteConsumers(Installation all) throws Exception {
    try (Connection connection = Nats.connect(all.nats().uri())) {
      JetStreamManagement management = connection.jetStreamManagement();
      for (String consumer : management.getConsumerNames(all.walStream())) {
        try {
          management.deleteConsumer(all.walStream(), consumer);
        } catch (JetStreamApiException e) {
          if (e.getApiErrorCode() != NO_CONSUMER) {
            throw e;
          }
        }
      }
    }
  }

  /** Something happens to messages while the service is down and has not read them. */
  private static void unread(Installation all, Administration what) throws Exception {
    all.service().kill();
    long read = all.lastSequence();
    if (all.producer().isRunning()) {
      all.awaitThat(() -> all.lastSequence() >= read + UNREAD_MESSAGES);
    }
    try (Connection connection = Nats.connect(all.nats().uri())) {
      what.of(connection.jetStreamManagement(), all.walStream(), read);
    }
    all.startService();
    if (all.producer().isRunning()) {
      all.awaitGaps(all.targets());
    }
  }

  private interface Removal {
    void of(JetStreamManagement management, String stream, String subject) throws Exception;
  }

  /** Messages of one table, which it has not read, go away; no other table misses anything. */
  private static void ofOneTable(Installation all, Removal what) throws Exception {
    all.service().kill();
    long read = all.lastSequence();
    String subject = all.walSubject(ONE_TABLE);
    try (Connection connection = Nats.connect(all.nats().uri())) {
      JetStreamManagement management = connection.jetStreamManagement();
      all.awaitThat(() -> management.getLastMessage(all.walStream(), subject).getSeq() > read);
      what.of(management, all.walStream(), subject);
    }
    all.startService();
    all.awaitGaps(List.of(ONE_TABLE));
  }

  private static void deleteNewest(JetStreamManagement management, String stream, String subject)
      throws Exception {
    management.deleteMessage(stream, management.getLastMessage(stream, subject).getSeq(), false);
  }

  /** A packet that is not the first of its message becomes the stream's first. */
  private static void cutInMidMessage(JetStreamManagement management, String stream, long read)
      throws Exception {
    AtomicLong sequence = new AtomicLong(read + 2);
    await()
        .atMost(Installation.PATIENCE)
        .ignoreExceptionsInstanceOf(JetStreamApiException.class)
        .until(
            () -> {
              while (!isContinuation(management.getMessage(stream, sequence.get()).getData())) {
                sequence.incrementAndGet();
              }
              return true;
            });
    management.purgeStream(stream, PurgeOptions.builder().sequence(sequence.get()).build());
  }

  private static boolean isContinuation(byte[] packet) {
    return packet[0] != 0 || packet[1] != 0;
  }

  /** What it had stored at some moment is what it has after it was killed. */
  private static void loseTail(Installation all) throws Exception {
    all.producer().stop();
    all.nats().stop();
    StoreCopy kept = StoreCopy.of(all.nats());
    all.nats().start();
    all.startProducer();
    all.awaitProgress(UNREAD_MESSAGES);
    all.producer().kill();
    all.service().kill();
    all.nats().kill();
    kept.restore();
    all.nats().start();
    List<String> beyond = all.targetsBeyond(all.lastSequence());
    // Before the producer can fill the place of what is lost: then nobody could tell.
    all.startService();
    all.awaitGaps(beyond);
    all.startProducer();
  }
}
