package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.StoreCopy;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A broker that lost the tail of its stream fills its place with other messages. Nothing of the gap
 * is to be seen in the stream then, but the table remains in it. A target that lost its last
 * commits is brought up to date from the stream.
 */
final class LostTailIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TargetTable TARGET = new TargetTable("copy", "orders");

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase database = path.target();
  private final NatsServer nats = path.broker();
  private final TableWire orders =
      TableWire.of("app", "orders").column("id", "int4", TableWire.Flag.KEY).column("note", "text");

  @Test
  void aTableStaysInItsGapWhateverTheStreamHoldsThen() throws Throwable {
    publish(1, 2);
    apply(consumer -> awaitRows(2));
    nats.stop();
    StoreCopy before = StoreCopy.of(nats);
    nats.start();
    publish(3, 6);
    apply(consumer -> awaitRows(6));

    nats.stop();
    before.restore();
    nats.start();
    apply(consumer -> awaitState("gap"));
    publish(7, 20);

    apply(
        consumer -> {
          long epoch = Long.parseLong(column("epoch"));
          await().atMost(PATIENCE).until(() -> Long.parseLong(column("epoch")) > epoch + 1);
          assertThat(column("state")).isEqualTo("gap");
          assertThat(column("reason")).contains("the broker lost the end of it");
          assertThat(database.query("select from copy.orders where id > 6")).isEmpty();

          consumer.tables().resume(TARGET).block(PATIENCE);
          awaitState("streaming");
          await()
              .atMost(PATIENCE)
              .until(() -> !database.query("select from copy.orders where id = 20").isEmpty());
          assertThat(column("gap")).isNull();
          assertThat(column("incomplete"))
              .contains(
                  "resumed although changes are missing: stream", "the broker lost the end of it");
        });
  }

  /** Commits do not wait for the disk; rows and position go together. */
  @Test
  void anIdleTableGetsBackWhatItsTargetForgotInACrash() throws Throwable {
    publish(1, 3);
    apply(
        consumer -> {
          awaitRows(3);
          String position = column("stream_seq");
          publish(4, 6);
          awaitRows(6);
          database.execute(
              "begin; delete from copy.orders where id > 3; update _creek_consumer.subscriptions set stream_seq = "
                  + position
                  + "; notify creek_consumer; commit");
          awaitRows(6);
        });
  }

  private interface Check {
    void of(CreekConsumer running);
  }

  private void apply(Check check) throws Throwable {
    CreekConsumer consumer = path.consumer(path.options());
    Mapping mapping = new Mapping(orders.source(), TARGET);
    consumer.tables().create(mapping).block(PATIENCE);
    consumer.tables().add(mapping).block(PATIENCE);
    path.running(() -> check.of(consumer));
    consumer.close();
  }

  private void publish(int first, int last) {
    try (WirePublisher publisher = WirePublisher.of(nats, Generation.OLD, "source")) {
      publisher.publishSchema(orders);
      for (int id = first; id <= last; id++) {
        publisher.publish(orders.source(), orders.insert(WalTx.of(id), id, "note"));
      }
      publisher.flush();
    }
  }

  private void awaitRows(int count) {
    await().atMost(PATIENCE).until(() -> database.query("select from copy.orders").size() == count);
  }

  private void awaitState(String state) {
    await().atMost(PATIENCE).until(() -> state.equals(column("state")));
  }

  private String column(String name) {
    return database.value("select " + name + " from _creek_consumer.subscriptions");
  }
}
