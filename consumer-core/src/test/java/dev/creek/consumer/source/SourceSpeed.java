package dev.creek.consumer.source;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.WalDecoder;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Measures reading from a real broker: processor time and garbage of this process for each change,
 * best of several rounds. Run its {@code main} on the test class path, with the number of changes;
 * nothing asserts on it, since machines differ.
 */
public final class SourceSpeed {
  private static final int ROUNDS = 6;
  private static final int CHANGES_OF_A_TRANSACTION = 10;
  private static final int DECODED = 1000;

  private static final TableWire ORDERS =
      TableWire.of("app", "orders")
          .generation(Generation.NEW)
          .column("id", "int8", Flag.KEY)
          .column("customer_name", "text")
          .column("amount", "numeric(10,2)")
          .column("state", "text")
          .column("changed_at", "timestamptz");

  /** A row as a program reads it. */
  public record Order(
      long id,
      @Nullable String customerName,
      @Nullable BigDecimal amount,
      @Nullable String state,
      @Nullable Instant changedAt) {}

  private SourceSpeed() {}

  /** Changes that came. */
  private interface Reads {
    Flux<Integer> from(CreekSource creek);
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  public static void main(String[] args) {
    int changes = args.length > 0 ? Integer.parseInt(args[0]) : 300_000;
    decode();
    try (var server = NatsServer.builder().start();
        var publisher = WirePublisher.of(server, Generation.NEW, "source")) {
      publisher.publishSchema(ORDERS);
      for (int i = 0; i < changes; i++) {
        publisher.publish(
            ORDERS.source(), ORDERS.insert(WalTx.of(i / CHANGES_OF_A_TRANSACTION), row(i)));
      }
      publisher.flush();
      try (CreekSource creek = CreekSource.create(SourceOptions.builder(server.uri()).build())) {
        Changes<Row> orders = creek.changes("source.app.orders").startAt(Start.EARLIEST);
        measure("as the service reads, not decoded", changes, creek, SourceSpeed::undecoded);
        measure(
            "batches of GenericRecord",
            changes,
            creek,
            any -> orders.as(RowMapper.avro()).batches().map(batch -> batch.changes().size()));
        measure(
            "batches of Java records",
            changes,
            creek,
            any -> orders.as(Order.class).batches().map(batch -> batch.changes().size()));
        measure(
            "transactions of Java records",
            changes,
            creek,
            any -> orders.as(Order.class).transactions().map(tx -> tx.changes().size()));
        measure(
            "single Java records",
            changes,
            creek,
            any -> orders.as(Order.class).changes().map(change -> 1));
      }
    }
  }

  private static Object[] row(int i) {
    return new Object[] {
      i * 7919L,
      "customer " + i % 1000,
      BigDecimal.valueOf(i, 2),
      "paid",
      1_700_000_000_000_000L + i
    };
  }

  private static Flux<Integer> undecoded(CreekSource creek) {
    TableSelection orders = TableSelection.of(List.of("source.app.orders"));
    return Beginning.of(Start.EARLIEST, Positions.inMemory(), creek.ports().changes(), orders)
        .flatMapMany(
            at ->
                new Reading(creek.ports(), orders, at, Set.of(), handled -> Mono.just(false))
                    .batches())
        .map(batch -> batch.changes().size());
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static void measure(String what, int changes, CreekSource creek, Reads reads) {
    double bestMicros = Double.MAX_VALUE;
    double garbage = 0;
    double seconds = 0;
    for (int round = 0; round < ROUNDS; round++) {
      AtomicLong came = new AtomicLong();
      long allocated = allocated();
      long processor = processor();
      long began = System.nanoTime();
      // The last transaction ends with the linger.
      reads.from(creek).takeUntil(more -> came.addAndGet(more) >= changes).blockLast();
      double micros = (processor() - processor) / 1e3 / came.get();
      if (micros < bestMicros) {
        bestMicros = micros;
        seconds = (System.nanoTime() - began) / 1e9;
        garbage = (double) (allocated() - allocated) / came.get();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-36s %5.2f us of a processor a change: %,.0f a second and core; %.0f B of garbage; took %.2f s%n",
        what,
        bestMicros,
        1e6 / bestMicros,
        garbage,
        seconds);
  }

  /** Decoding alone, on one thread. */
  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static void decode() {
    var decoder = new WalDecoder(ORDERS.walSchema());
    List<dev.creek.consumer.wire.Change> changes = new ArrayList<>();
    for (int i = 0; i < DECODED; i++) {
      changes.add(decoder.decode(ORDERS.insert(WalTx.of(i), row(i)).message(i + 1)));
    }
    decode("decoding to GenericRecord", changes, RowMapper.avro());
    decode("decoding to Java records", changes, RowMapper.records(Order.class));
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static <T> void decode(
      String what, List<dev.creek.consumer.wire.Change> changes, RowMapper<T> mapper) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var reader = new ChangeReader<>(mapper, any -> ORDERS.source(), SnapshotHoldings.NONE);
    double best = Double.MAX_VALUE;
    double garbage = 0;
    long sum = 0;
    for (int round = 0; round < ROUNDS * 2; round++) {
      long allocated = threads.getCurrentThreadAllocatedBytes();
      long began = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < 300; i++) {
        sum += reader.read(changes).changes().size();
      }
      double rows = 300.0 * DECODED;
      best = Math.min(best, (threads.getCurrentThreadCpuTime() - began) / rows);
      garbage = (threads.getCurrentThreadAllocatedBytes() - allocated) / rows;
    }
    System.out.printf(
        Locale.ROOT,
        "%-36s %5.2f us of a processor a change: %,.0f a second and core; %.0f B of garbage (%d)%n",
        what,
        best / 1e3,
        1e9 / best,
        garbage,
        sum);
  }

  private static long processor() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Of the threads that live: those of the library, its clients and this one. */
  private static long allocated() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }
}
