package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.GAP;
import static dev.creek.consumer.app.chaos.Fault.Effect.NONE;

import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.PurgeOptions;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

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
  private static void loseTail(Installation all) throws Exception {
    Path store = all.nats().storeDir();
    Path kept = store.resolveSibling("kept");
    all.producer().stop();
    all.nats().stop();
    copy(store, kept);
    all.nats().start();
    all.startProducer();
    all.awaitProgress(UNREAD_MESSAGES);
    all.producer().kill();
    all.service().kill();
    all.nats().kill();
    delete(store);
    Files.move(kept, store);
    all.nats().start();
    // Before the producer can fill the place of what is lost: then nobody could tell.
    all.startService();
    all.awaitGap();
    all.startProducer();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted((one, other) -> other.compareTo(one))
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
