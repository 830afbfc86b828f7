package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The library as another program embeds it: the example of docs/library.md, run. */
class EmbeddingIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @Test
  void appliesATableInTenLines(PostgresDatabase database) {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source")) {
      TableWire orders =
          TableWire.of("app", "orders")
              .generation(Generation.NEW)
              .column("id", "int4", TableWire.Flag.KEY)
              .column("note", "text");
      publisher.publishSchema(orders);
      publisher.publishSurely(orders.source(), orders.insert(WalTx.of(1), 1, "first"));

      TableEvent.Committed committed = embed(nats.server().uri(), database.uri());

      assertThat(committed.applied().inserts()).isEqualTo(1);
      assertThat(database.query("select note from copy.orders")).hasSize(1);
    }
  }

  private static TableEvent.Committed embed(String natsUri, String databaseUri) {
    ConsumerOptions options =
        ConsumerOptions.of(BrokerOptions.builder(natsUri).build(), DatabaseOptions.of(databaseUri));
    try (CreekConsumer consumer = CreekConsumer.create(options)) {
      Mapping orders = Mapping.parse("source.app.orders:copy.orders");
      return consumer
          .tables()
          .create(orders)
          .then(consumer.tables().add(orders))
          .thenMany(consumer.run())
          .ofType(TableEvent.Committed.class)
          .blockFirst(PATIENCE);
    }
  }
}
