package dev.creek.consumer.app;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Publishes a source database's changes as the new producer does. Close it. */
final class Producer implements AutoCloseable {
  private static final int MAX_PAYLOAD_BYTES = 1 << 20;

  private final Subjects subjects = new Subjects(Generation.NEW, "CREEK");
  private final Connection connection;

  private Producer(Connection connection) {
    this.connection = connection;
  }

  /** Connects and creates the streams of a source database. */
  static Producer of(NatsServer nats, String database)
      throws IOException, InterruptedException, JetStreamApiException {
    var producer = new Producer(Nats.connect(nats.uri()));
    for (String stream :
        List.of(
            producer.subjects.walStream(database),
            producer.subjects.schemaStream(database),
            producer.subjects.snapshotStream(database))) {
      producer
          .connection
          .jetStreamManagement()
          .addStream(StreamConfiguration.builder().name(stream).subjects(stream + ".>").build());
    }
    return producer;
  }

  void publishSchema(TableWire table) throws IOException, JetStreamApiException {
    byte[] message = table.schemaMessage().getBytes(StandardCharsets.UTF_8);
    for (byte[] packet : WalBytes.packets(message, MAX_PAYLOAD_BYTES)) {
      connection.jetStream().publish(subjects.schemaSubject(table.source()), packet);
    }
  }

  void publish(SourceTable source, WalBytes change) throws IOException, JetStreamApiException {
    connection.jetStream().publish(subjects.walSubject(source), change.packet());
  }

  /** Publishes without waiting for each one's answer. */
  void publishAll(SourceTable source, Stream<WalBytes> changes)
      throws InterruptedException, TimeoutException {
    changes.forEach(change -> connection.publish(subjects.walSubject(source), change.packet()));
    connection.flush(Duration.ofSeconds(30));
  }

  @Override
  public void close() throws InterruptedException {
    connection.close();
  }
}
