package dev.creek.consumer.jetstream;

import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The other side of a test: makes streams, publishes, looks at what the broker knows. */
final class Broker implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static final int IN_FLIGHT = 1000;

  final NatsServer server;
  final Connection connection;
  final JetStreamManagement management;
  private final BrokerOptions.Reader reader;

  Broker(NatsServer server) {
    this(server, BrokerOptions.Reader.DIRECT);
  }

  /** One whose {@link #options} say how messages come in. */
  Broker(NatsServer server, BrokerOptions.Reader reader) {
    this.server = server;
    this.reader = reader;
    try {
      connection =
          Nats.connect(
              Options.builder()
                  .server(server.uri())
                  .maxReconnects(-1)
                  .reconnectWait(Duration.ofMillis(50))
                  .reconnectJitter(Duration.ofMillis(10))
                  .errorListener(new ErrorListener() {})
                  .build());
      management = connection.jetStreamManagement();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A table of a database that no other test uses. */
  static SourceTable newTable() {
    return new SourceTable("db" + DATABASES.incrementAndGet(), "public", "items");
  }

  static SourceTable sibling(SourceTable table, String name) {
    return new SourceTable(table.database(), table.namespace(), name);
  }

  static Subjects names(Generation generation) {
    return new Subjects(generation, "CREEK");
  }

  BrokerOptions.Builder options() {
    return BrokerOptions.builder(server.uri())
        .reader(reader)
        .pull(Duration.ofMillis(500), Duration.ofSeconds(5))
        .requestTimeout(Duration.ofSeconds(2))
        .schemaTimeout(Duration.ofSeconds(1))
        .frontierInterval(Duration.ofMillis(200));
  }

  /** The WAL stream of NEW. */
  StreamInfo createWal(SourceTable table) {
    return createWal(table, b -> b);
  }

  StreamInfo createWal(SourceTable table, UnaryOperator<StreamConfiguration.Builder> change) {
    String stream = walStream(table);
    return call(
        () ->
            management.addStream(
                change
                    .apply(StreamConfiguration.builder().name(stream).subjects(stream + ".>"))
                    .build()));
  }

  static String walStream(SourceTable table) {
    return names(Generation.NEW).walStream(table.database());
  }

  static String walSubject(SourceTable table) {
    return names(Generation.NEW).walSubject(table);
  }

  StreamInfo createStream(String name, String... subjects) {
    return call(
        () ->
            management.addStream(
                StreamConfiguration.builder().name(name).subjects(subjects).build()));
  }

  StreamInfo info(String stream) {
    return call(() -> management.getStreamInfo(stream));
  }

  List<ConsumerInfo> consumers(String stream) {
    return call(() -> management.getConsumers(stream));
  }

  long publish(SourceTable table, byte[] data) {
    return publish(walSubject(table), data);
  }

  long publish(String subject, byte[] data) {
    return call(() -> connection.jetStream().publish(subject, data).getSeqno());
  }

  /** Waits until its connection is there again; what is published before may be given up. */
  void awaitConnection() {
    await()
        .atMost(Reading.LIMIT)
        .ignoreExceptions()
        .until(() -> connection.RTT().compareTo(Duration.ZERO) >= 0);
  }

  /** Publishes messages that begin with the numbers from {@code from} on; returns when stored. */
  void publishNumbers(SourceTable table, long from, int count, int size) {
    String subject = walSubject(table);
    List<CompletableFuture<PublishAck>> open = new ArrayList<>();
    for (long i = from; i < from + count; i++) {
      byte[] data = numbered(i, size);
      open.add(call(() -> connection.jetStream()).publishAsync(subject, data));
      if (open.size() == IN_FLIGHT) {
        open.forEach(CompletableFuture::join);
        open.clear();
      }
    }
    open.forEach(CompletableFuture::join);
  }

  static byte[] numbered(long number, int size) {
    return ByteBuffer.allocate(size).putLong(number).array();
  }

  static long number(byte[] data) {
    return ByteBuffer.wrap(data).getLong();
  }

  /** Returns when the server has all that was sent, subscriptions too. */
  void flush() {
    try {
      connection.flush(Duration.ofSeconds(5));
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  interface Call<T> {
    T run() throws IOException, JetStreamApiException;
  }

  static <T> T call(Call<T> call) {
    try {
      return call.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
