package dev.creek.consumer.jetstream;

import com.sun.management.OperatingSystemMXBean;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsServer;
import io.nats.client.api.PublishAck;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What it costs to read a whole database whose tables' messages alternate: run {@code main}, with
 * numbers of messages and tables if the defaults are not wanted. Prints, for each way in which
 * messages come in, the time and the processor time of this program and of nats-server.
 */
public final class DatabaseReadBenchmark {
  private static final int SIZE = 200;
  private static final int ROUNDS = 5;
  private static final int IN_FLIGHT = 1000;

  private DatabaseReadBenchmark() {}

  public static void main(String[] args) {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
    int tables = args.length > 1 ? Integer.parseInt(args[1]) : 500;
    try (var server = NatsServer.builder().start();
        var broker = new Broker(server)) {
      SourceTable first = Broker.newTable();
      broker.createWal(first);
      publish(broker, first, count, tables);
      for (BrokerOptions.Reader reader : BrokerOptions.Reader.values()) {
        var log =
            Objects.requireNonNull(
                JetStreamLog.connect(BrokerOptions.builder(server.uri()).reader(reader).build())
                    .block());
        for (int round = 0; round < ROUNDS; round++) {
          read(server, log, first, reader + ", " + tables + " tables");
        }
        log.close().block();
      }
    }
  }

  private static void publish(Broker broker, SourceTable first, int count, int tables) {
    List<CompletableFuture<PublishAck>> open = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String subject = Broker.walSubject(Broker.sibling(first, "table_" + i % tables));
      byte[] data = Broker.numbered(i, SIZE);
      open.add(Broker.call(() -> broker.connection.jetStream()).publishAsync(subject, data));
      if (open.size() == IN_FLIGHT) {
        open.forEach(CompletableFuture::join);
        open.clear();
      }
    }
    open.forEach(CompletableFuture::join);
  }

  private static void read(NatsServer server, JetStreamLog log, SourceTable first, String what) {
    StreamIdentity stream = Objects.requireNonNull(log.state(first).block()).stream();
    var packets = new AtomicLong();
    long ours = processor();
    long servers = processor(server);
    long begin = System.nanoTime();
    log.readDatabase(first.database(), new StartAt.Beginning(), stream, ReadListener.NONE)
        .doOnNext(delivery -> packets.addAndGet(delivery.packets().size()))
        .takeUntil(Delivery::caughtUp)
        .limitRate(1)
        .blockLast();
    double each = packets.get() * 1e3;
    System.out.printf(
        Locale.ROOT,
        "%s: %d messages of %d B: %.2f us each; processor %.2f us of ours, %.2f us of nats-server%n",
        what,
        packets.get(),
        SIZE,
        (System.nanoTime() - begin) / each,
        (processor() - ours) / each,
        (processor(server) - servers) / each);
  }

  private static long processor() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long processor(NatsServer server) {
    return ProcessHandle.of(server.pid().orElseThrow())
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toNanos)
        .orElse(0L);
  }
}
