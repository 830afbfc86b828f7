package dev.creek.consumer.app.demo;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Where the tables' changes end on the broker. */
final class WalEnds implements AutoCloseable {

  private final Connection connection;
  private final JetStreamManagement management;
  private final String stream;
  private final Map<String, String> subjects = new HashMap<>();

  WalEnds(String natsUri, Subjects names, String database) {
    try {
      connection = Nats.connect(natsUri);
      management = connection.jetStreamManagement();
    } catch (IOException e) {
      throw new IllegalStateException("could not reach " + natsUri, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    stream = names.walStream(database);
    for (String table : Shop.TABLES) {
      SourceTable source = SourceTable.parse(database + "." + Shop.qualified(table));
      subjects.put(table, names.walSubject(source));
    }
  }

  /** By table the stream sequence of its last packet. */
  Map<String, Long> lastSequences() {
    Map<String, Long> last = new HashMap<>();
    for (Map.Entry<String, String> subject : subjects.entrySet()) {
      try {
        long sequence = management.getLastMessage(stream, subject.getValue()).getSeq();
        last.put(subject.getKey(), sequence);
      } catch (JetStreamApiException e) {
        // No packet yet.
        last.put(subject.getKey(), 0L);
      } catch (IOException e) {
        throw new IllegalStateException("could not ask the broker: " + e.getMessage(), e);
      }
    }
    return last;
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
