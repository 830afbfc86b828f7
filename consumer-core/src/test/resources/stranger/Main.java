import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.jetstream.JetStreamOptions;
import dev.creek.consumer.postgres.session.PostgresOptions;
import dev.creek.consumer.stream.TableEvent;
import java.time.Duration;

/** A program that has no more than the library and what its build brings along: docs/library.md. */
public final class Main {
  public static void main(String[] args) {
    ConsumerOptions options =
        ConsumerOptions.of(
            JetStreamOptions.builder(args[0]).build(), PostgresOptions.of(args[1]));
    try (CreekConsumer consumer = CreekConsumer.create(options)) {
      Mapping orders = Mapping.parse("source.app.orders:copy.orders");
      TableEvent.Committed committed =
          consumer
              .createTable(orders)
              .then(consumer.addTable(orders))
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
                  JetStreamOptions.builder("nats://localhost").build(), PostgresOptions.of(direct)))
          .close();
      return "known";
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }
}
