package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.GAP;
import static dev.creek.consumer.app.chaos.Fault.Effect.NONE;

import dev.creek.consumer.testing.StoreCopy;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.PurgeOptions;
import io.nats.client.api.StreamInfo;
import java.util.List;

/** What becomes of the broker's streams, by their retention, by administrators, by power cuts. */
final class StreamFaults {
  /** Enough for something to be missing in each case. */
  private static final long UNREAD_MESSAGES = 300;

  private StreamFaults() {}

  static List<Fault> all() {
    return List.of(
        new Fault(
            "consumers deleted by an administrator", NONE, (all, random) -> deleteConsumers(all)),
        new Fault(
            "stream purged",
            GAP,
            (all, random) -> unread(all, (management, stream) -> management.purgeStream(stream))),
        new Fault(
            "stream cut by retention, in mid-message",
            GAP,
            (all, random) -> unread(all, StreamFaults::cutInMidMessage)),
        new Fault(
            "stream deleted and created again",
            GAP,
            (all, random) -> {
              all.producer().stop();
              unread(all, (management, stream) -> management.deleteStream(stream));
              all.startProducer();
            }),
        new Fault("nats-server lost its unsynced tail", GAP, (all, random) -> loseTail(all)));
  }

  private interface Administration {
    void of(JetStreamManagement management, String stream) throws Exception;
  }

  private static void administer(Installation all, Administration what) throws Exception {
    try (Connection connection = Nats.connect(all.nats().uri())) {
      what.of(connection.jetStreamManagement(), all.walStream());
    }
  }

  private static void deleteConsumers(Installation all) throws Exception {
    administer(
        all,
        (management, stream) -> {
          for (String consumer : management.getConsumerNames(stream)) {
            management.deleteConsumer(stream, consumer);
          }
        });
  }

  /** Something happens to messages while the service is down and has not read them. */
  private static void unread(Installation all, Administration what) throws Exception {
    all.service().kill();
    long due = all.lastSequence() + UNREAD_MESSAGES;
    all.awaitThat(() -> all.producer().isRunning() ? all.lastSequence() >= due : true);
    administer(all, what);
    all.startService();
  }

  /** A packet that is not the first of its message becomes the stream's first. */
  private static void cutInMidMessage(JetStreamManagement management, String stream)
      throws Exception {
    StreamInfo info = management.getStreamInfo(stream);
    long last = info.getStreamState().getLastSequence();
    long first = last;
    while (first > info.getStreamState().getFirstSequence()
        && !isContinuation(management, stream, first)) {
      first--;
    }
    management.purgeStream(stream, PurgeOptions.builder().sequence(first).build());
  }

  private static boolean isContinuation(
      JetStreamManagement management, String stream, long sequence) throws Exception {
    byte[] packet = management.getMessage(stream, sequence).getData();
    return packet[0] != 0 || packet[1] != 0;
  }

  /** What it had stored at some moment is what it has after it was killed. */
  private static void loseTail(Installation all) {
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
    // Before the producer can fill the place of what is lost: then nobody could tell.
    all.startService();
    all.awaitGap();
    all.startProducer();
  }
}
