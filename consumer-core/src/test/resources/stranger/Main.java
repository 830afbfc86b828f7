import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.TableEvent;
import java.time.Duration;

/** A program that has no more than the library and what its build brings along: docs/library.md. */
public final class Main {
  public static void main(String[] args) {
    ConsumerOptions options =
        ConsumerOptions.of(
            BrokerOptions.builder(args[0]).build(), DatabaseOptions.of(args[1]));
    try (CreekConsumer consumer = CreekConsumer.create(options)) {
      Mapping orders = Mapping.parse("source.app.orders:copy.orders");
      TableEvent.Committed committed =
          consumer
              .tables().create(orders)
              .then(consumer.tables().add(orders))
              .thenMany(consumer.run())
              .ofType(TableEvent.Committed.class)
              .blockFirst(Duration.ofMinutes(2));
      System.out.println("inserted " + committed.applied().inserts());
    }
    System.out.println("direct TLS: " + directTls(args[1]));
  }

  private static String directTls(String uri) {
    String direct = uri + (uri.contains("?") ? "&" : "?") + "sslmode=require&sslnegotiation=direct";
    try {
      CreekConsumer.create(
              ConsumerOptions.of(
                  BrokerOptions.builder("nats://localhost").build(), DatabaseOptions.of(direct)))
          .close();
      return "known";
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }
}
