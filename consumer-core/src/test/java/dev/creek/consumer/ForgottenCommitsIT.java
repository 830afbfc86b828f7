package dev.creek.consumer;

import static org.awaitility.Awaitility.await;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.jetstream.JetStreamOptions;
import dev.creek.consumer.postgres.PostgresOptions;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.Generation;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/**
 * A target that crashes may forget its last commits, rows and position together. A table that is
 * idle then gets them back all the same: nobody has to change a row for it.
 */
final class ForgottenCommitsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final TargetTable TARGET = new TargetTable("copy", "orders");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension broker = NatsExtension.own();

  private final TableWire orders =
      TableWire.of("app", "orders").column("id", "int4", TableWire.Flag.KEY).column("note", "text");

  @Test
  void anIdleTableGetsBackWhatItsTargetForgot(PostgresDatabase database) {
    NatsServer nats = broker.restartable();
    try (CreekConsumer consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                JetStreamOptions.builder(nats.uri()).build(),
                PostgresOptions.of(database.uri())))) {
      publish(nats, 1, 3);
      Mapping mapping = new Mapping(orders.source(), TARGET);
      consumer.createTable(mapping).block(PATIENCE);
      consumer.addTable(mapping).block(PATIENCE);
      Disposable running = consumer.run().subscribe();
      awaitRows(database, 3);
      String position = database.value("select stream_seq from _creek_consumer.subscriptions");
      publish(nats, 4, 6);
      awaitRows(database, 6);

      database.execute(
          "begin; delete from copy.orders where id > 3; update _creek_consumer.subscriptions set stream_seq = "
              + position
              + "; notify creek_consumer; commit");
      awaitRows(database, 6);

      consumer.stop(PATIENCE).block(PATIENCE);
      running.dispose();
    }
  }

  private void publish(NatsServer nats, int first, int last) {
    try (WirePublisher publisher = WirePublisher.of(nats, Generation.OLD, "source")) {
      publisher.publishSchema(orders);
      for (int id = first; id <= last; id++) {
        publisher.publish(orders.source(), orders.insert(WalTx.of(id), id, "note"));
      }
      publisher.flush();
    }
  }

  private static void awaitRows(PostgresDatabase database, int count) {
    await().atMost(PATIENCE).until(() -> database.query("select from copy.orders").size() == count);
  }
}
