package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.StoreCopy;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/**
 * A broker that lost the tail of its stream fills its place with other messages. Nothing of the gap
 * is to be seen in the stream then, but the table remains in it. A target that lost its last
 * commits is brought up to date from the stream.
 */
final class LostTailIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TargetTable TARGET = new TargetTable("copy", "orders");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension extension = NatsExtension.own();

  private final TableWire orders =
      TableWire.of("app", "orders").column("id", "int4", TableWire.Flag.KEY).column("note", "text");

  @Test
  void aTableStaysInItsGapWhateverTheStreamHoldsThen(PostgresDatabase database) {
    NatsServer nats = extension.restartable();
    publish(nats, 1, 2);
    apply(nats, database, consumer -> awaitRows(database, 2));
    nats.stop();
    StoreCopy before = StoreCopy.of(nats);
    nats.start();
    publish(nats, 3, 6);
    apply(nats, database, consumer -> awaitRows(database, 6));

    nats.stop();
    before.restore();
    nats.start();
    apply(nats, database, consumer -> awaitState(database, "gap"));
    publish(nats, 7, 20);

    apply(
        nats,
        database,
        consumer -> {
          long epoch = Long.parseLong(column(database, "epoch"));
          await()
              .atMost(PATIENCE)
              .until(() -> Long.parseLong(column(database, "epoch")) > epoch + 1);
          assertThat(column(database, "state")).isEqualTo("gap");
          assertThat(column(database, "reason")).contains("the broker lost its tail");
          assertThat(database.query("select from copy.orders where id > 6")).isEmpty();

          consumer.tables().resume(TARGET).block(PATIENCE);
          awaitState(database, "streaming");
          await()
              .atMost(PATIENCE)
              .until(() -> !database.query("select from copy.orders where id = 20").isEmpty());
          assertThat(column(database, "gap")).isNull();
          assertThat(column(database, "incomplete"))
              .contains("resumed although changes are missing: stream", "the broker lost its tail");
        });
  }

  /** Commits do not wait for the disk; rows and position go together. */
  @Test
  void anIdleTableGetsBackWhatItsTargetForgotInACrash(PostgresDatabase database) {
    NatsServer nats = extension.restartable();
    publish(nats, 1, 3);
    apply(
        nats,
        database,
        consumer -> {
          awaitRows(database, 3);
          String position = column(database, "stream_seq");
          publish(nats, 4, 6);
          awaitRows(database, 6);
          database.execute(
              "begin; delete from copy.orders where id > 3; update _creek_consumer.subscriptions set stream_seq = "
                  + position
                  + "; notify creek_consumer; commit");
          awaitRows(database, 6);
        });
  }

  private interface Check {
    void of(CreekConsumer running);
  }

  private void apply(NatsServer nats, PostgresDatabase database, Check check) {
    try (CreekConsumer consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                BrokerOptions.builder(nats.uri()).build(),
                DatabaseOptions.of(database.patientUri())))) {
      Mapping mapping = new Mapping(orders.source(), TARGET);
      consumer.tables().create(mapping).block(PATIENCE);
      consumer.tables().add(mapping).block(PATIENCE);
      Disposable running = consumer.run().subscribe();
      check.of(consumer);
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

  private static void awaitState(PostgresDatabase database, String state) {
    await().atMost(PATIENCE).until(() -> state.equals(column(database, "state")));
  }

  private static String column(PostgresDatabase database, String name) {
    return database.value("select " + name + " from _creek_consumer.subscriptions");
  }
}
