package dev.creek.consumer.source;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Measures the memory of a program that takes one element a second, before a backlog that is many
 * times larger than its heap. Run its {@code main} on the test class path with a small heap, with
 * the number of rows, the bytes of each, and how many seconds it takes.
 */
public final class SlowProgram {
  private static final TableWire WIDE =
      TableWire.of("app", "wide")
          .generation(Generation.NEW)
          .column("id", "int8", Flag.KEY)
          .column("text", "text");

  private SlowProgram() {}

  @SuppressWarnings("SystemOut") // a program to be run by hand
  public static void main(String[] args) {
    int rows = args.length > 0 ? Integer.parseInt(args[0]) : 40_000;
    int bytes = args.length > 1 ? Integer.parseInt(args[1]) : 20_000;
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
    try (var server = NatsServer.builder().start();
        var publisher = WirePublisher.of(server, Generation.NEW, "source")) {
      publisher.publishSchema(WIDE);
      String text = "x".repeat(bytes);
      for (int i = 0; i < rows; i++) {
        publisher.publish(WIDE.source(), WIDE.insert(WalTx.of(i), (long) i, text));
        if (i % 500 == 0) {
          publisher.flush();
        }
      }
      publisher.flush();
      System.out.printf(
          Locale.ROOT,
          "backlog of %,d MB, heap of at most %,d MB, in use before: %.1f MB%n",
          (long) rows * bytes / 1_000_000,
          Runtime.getRuntime().maxMemory() / 1_000_000,
          heapAfterGc());
      try (CreekSource creek = CreekSource.create(SourceOptions.builder(server.uri()).build())) {
        Changes<Row> wide = creek.changes("source.app.wide").startAt(Start.EARLIEST);
        measure("transactions", wide.transactions(), seconds);
        measure("batches", wide.batches(), seconds);
        measure("changes", wide.changes(), seconds);
      }
    }
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static void measure(String what, Flux<?> elements, int seconds) {
    AtomicLong taken = new AtomicLong();
    Disposable running =
        elements
            .concatMap(
                one -> {
                  taken.incrementAndGet();
                  return Mono.delay(Duration.ofSeconds(1));
                },
                0)
            .subscribe();
    double most =
        Flux.interval(Duration.ofSeconds(2))
            .map(tick -> heapAfterGc())
            .take(Duration.ofSeconds(seconds))
            .reduce(0.0, Math::max)
            .block();
    running.dispose();
    System.out.printf(
        Locale.ROOT,
        "%-13s %d taken in %d s; heap after a collection at most %.1f MB%n",
        what,
        taken.get(),
        seconds,
        most);
  }

  private static double heapAfterGc() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
  }
}
