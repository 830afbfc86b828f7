package dev.creek.consumer.jetstream;

import com.sun.management.ThreadMXBean;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsServer;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast a table is read, and how much garbage that makes: run {@code main}, with a number of
 * messages and the way in which they come in, {@code direct} or {@code client}, if the defaults are
 * not wanted.
 */
public final class ReadBenchmark {
  private static final int SIZE = 200;
  private static final int ROUNDS = 5;

  private ReadBenchmark() {}

  public static void main(String[] args) {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 300_000;
    var reader =
        args.length > 1
            ? BrokerOptions.Reader.valueOf(args[1].toUpperCase(Locale.ROOT))
            : BrokerOptions.Reader.DIRECT;
    try (var server = NatsServer.builder().start();
        var broker = new Broker(server)) {
      var table = Broker.newTable();
      broker.createWal(table);
      broker.publishNumbers(table, 0, count, SIZE);
      var log =
          Objects.requireNonNull(
              JetStreamLog.connect(BrokerOptions.builder(server.uri()).reader(reader).build())
                  .block());
      var stream = Objects.requireNonNull(log.state(table).block()).stream();
      for (int round = 0; round < ROUNDS; round++) {
        var packets = new AtomicLong();
        var deliveries = new AtomicLong();
        long garbage = allocated();
        long begin = System.nanoTime();
        log.read(table, new StartAt.Beginning(), stream)
            .doOnNext(delivery -> packets.addAndGet(delivery.packets().size()))
            .doOnNext(delivery -> deliveries.incrementAndGet())
            .takeUntil(Delivery::caughtUp)
            .limitRate(1)
            .blockLast();
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.out.printf(
            Locale.ROOT,
            "%s: %d messages of %d B: %.0f/s, %.0f B of garbage each, %.0f in a delivery%n",
            reader,
            packets.get(),
            SIZE,
            packets.get() / seconds,
            (allocated() - garbage) / (double) packets.get(),
            packets.get() / (double) deliveries.get());
      }
      log.close().block();
    }
  }

  /** By all threads that are alive: the client's threads outlive a round. */
  private static long allocated() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }
}
