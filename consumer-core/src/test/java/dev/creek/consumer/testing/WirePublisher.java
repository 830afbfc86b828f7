package dev.creek.consumer.testing;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PublishOptions;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/**
 * Publishes messages made by {@link TableWire} into a real JetStream, into streams and subjects as
 * the real producer makes them. One database. Not thread-safe.
 */
public final class WirePublisher implements AutoCloseable {
  private static final int MAX_PAYLOAD_BYTES = 1 << 20;
  private static final int MAX_UNACKNOWLEDGED = 2000;
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration TO_FIND_EACH_OTHER = Duration.ofMinutes(3);

  private final Subjects subjects;
  private final Connection connection;
  private final JetStream jetStream;
  private final Deque<CompletableFuture<PublishAck>> unacknowledged = new ArrayDeque<>();
  private long last;
  private long id;

  private WirePublisher(Subjects subjects, Connection connection) throws IOException {
    this.subjects = subjects;
    this.connection = connection;
    this.jetStream = connection.jetStream();
  }

  /** Connects and makes the three streams. */
  public static WirePublisher of(NatsServer nats, Generation generation, String database) {
    return replicated(nats.uri(), generation, database, 1);
  }

  /**
   * The same with a cluster, once that is one.
   *
   * @param servers addresses, separated by commas
   * @param replicas of each stream
   */
  public static WirePublisher replicated(
      String servers, Generation generation, String database, int replicas) {
    try {
      Connection connection =
          Nats.connect(
              Options.builder()
                  .server(servers)
                  .maxReconnects(-1)
                  .reconnectWait(Duration.ofMillis(50))
                  .build());
      WirePublisher publisher = new WirePublisher(new Subjects(generation, "CREEK"), connection);
      publisher.addStream(
          publisher.subjects.walStream(database),
          subjectsOf(generation, database, "wal"),
          replicas);
      publisher.addStream(
          publisher.subjects.schemaStream(database),
          subjectsOf(generation, database, "schema"),
          replicas);
      publisher.addStream(
          publisher.subjects.snapshotStream(database),
          subjectsOf(generation, database, "snap"),
          replicas);
      return publisher;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String subjectsOf(Generation generation, String database, String kind) {
    return generation == Generation.OLD
        ? "CREEK." + database + "." + kind + ".>"
        : "CREEK_" + kind + "_" + database + ".>";
  }

  private void addStream(String name, String subject, int replicas) throws IOException {
    StreamConfiguration stream =
        StreamConfiguration.builder().name(name).subjects(subject).replicas(replicas).build();
    JetStreamManagement management = connection.jetStreamManagement();
    if (replicas > 1) {
      Awaitility.await("the cluster takes " + name)
          .atMost(TO_FIND_EACH_OTHER)
          .ignoreExceptions()
          .until(() -> management.addStream(stream) != null);
      return;
    }
    try {
      management.addStream(stream);
    } catch (JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Publishes a table's schema. */
  public void publishSchema(TableWire table) {
    byte[] message = table.schemaMessage().getBytes(StandardCharsets.UTF_8);
    for (byte[] packet : WalBytes.packets(message, MAX_PAYLOAD_BYTES)) {
      publishSurely(subjects.schemaSubject(table.source()), packet);
    }
  }

  /** Publishes without waiting, a bounded number at once; for a broker that stays. */
  public void publish(SourceTable table, WalBytes message) {
    publish(subjects.walSubject(table), message.packets());
  }

  /** Publishes bytes that need not be a message. */
  public void publishRaw(SourceTable table, byte[] packet) {
    publishSurely(subjects.walSubject(table), packet);
  }

  private void publish(String subject, Iterable<byte[]> packets) {
    for (byte[] packet : packets) {
      unacknowledged.add(jetStream.publishAsync(subject, packet));
      if (unacknowledged.size() >= MAX_UNACKNOWLEDGED) {
        acknowledgeOldest();
      }
    }
  }

  /**
   * Publishes and waits, through outages of the broker, without losing or repeating; the stream
   * sequence.
   */
  public long publishSurely(SourceTable table, WalBytes message) {
    flush();
    for (byte[] packet : message.packets()) {
      last = publishSurely(subjects.walSubject(table), packet);
    }
    return last;
  }

  private long publishSurely(String subject, byte[] packet) {
    PublishOptions once = PublishOptions.builder().messageId("once-" + ++id).build();
    return Awaitility.await("publishing to " + subject)
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptions()
        .until(() -> jetStream.publish(subject, packet, once).getSeqno(), sequence -> sequence > 0);
  }

  /** Waits for all acknowledgements; the sequence of the last WAL packet so far. */
  public long flush() {
    while (!unacknowledged.isEmpty()) {
      acknowledgeOldest();
    }
    return last;
  }

  private void acknowledgeOldest() {
    last = unacknowledged.remove().join().getSeqno();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
