package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.NatsCluster;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.Subjects;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/**
 * A cluster of three servers, each stream on all of them: whoever leads a stream is killed, and
 * nothing that was acknowledged is lost, nor is a new leader that comes to itself taken for a
 * broker that lost its tail.
 */
@Tag("long")
final class ClusterIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int SERVERS = 3;
  private static final int KILLS = Integer.getInteger("creek.test.kills", 6);
  private static final int ROWS_BETWEEN_KILLS = 300;
  private static final String NAMESPACE = "CREEK";

  private static final TargetTable TARGET = new TargetTable("copy", "orders");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  @ParameterizedTest
  @EnumSource(Generation.class)
  void leadersThatAreKilledLoseNothingAndLeaveNoGap(
      Generation generation, PostgresDatabase database) {
    TableWire orders =
        TableWire.of("app", "orders")
            .generation(generation)
            .column("id", "int4", TableWire.Flag.KEY)
            .column("note", "text");
    String stream = new Subjects(generation, NAMESPACE).walStream(orders.source().database());
    AtomicBoolean ends = new AtomicBoolean();
    AtomicInteger published = new AtomicInteger();
    try (NatsCluster cluster = NatsCluster.of(SERVERS);
        WirePublisher publisher =
            WirePublisher.replicated(
                cluster.uris(), generation, orders.source().database(), SERVERS)) {
      publisher.publishSchema(orders);
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(
              () -> {
                while (!ends.get()) {
                  int id = published.incrementAndGet();
                  publisher.publishSurely(orders.source(), orders.insert(WalTx.of(id), id, "note"));
                }
              });
      try (CreekConsumer consumer = consumer(cluster, database, orders)) {
        Disposable running = consumer.run().subscribe();
        for (int kill = 0; kill < KILLS; kill++) {
          awaitRows(database, rows(database) + ROWS_BETWEEN_KILLS, load);
          NatsServer leader = leader(cluster, stream);
          leader.kill();
          awaitRows(database, rows(database) + ROWS_BETWEEN_KILLS, load);
          leader.start();
        }
        ends.set(true);
        load.join();
        awaitRows(database, published.get(), load);
        assertThat(database.value("select count(*) from history"))
            .as("each change took effect once")
            .isEqualTo(Integer.toString(published.get()));
        assertThat(database.query("select state from states where state in ('gap', 'failed')"))
            .isEmpty();
        consumer.stop(PATIENCE).block(PATIENCE);
        running.dispose();
      }
    }
  }

  private static CreekConsumer consumer(
      NatsCluster cluster, PostgresDatabase database, TableWire orders) {
    CreekConsumer consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                BrokerOptions.builder(cluster.uris()).build(),
                DatabaseOptions.of(database.patientUri())));
    Mapping mapping = new Mapping(orders.source(), TARGET);
    consumer.tables().create(mapping).block(PATIENCE);
    consumer.tables().add(mapping).block(PATIENCE);
    database.execute(
        "create table history (id int)",
        "create table states (state text)",
        """
        create function note() returns trigger language plpgsql as $$
        begin
          insert into public.history values (new.id);
          return new;
        end $$""",
        "create trigger note after insert or update on copy.orders"
            + " for each row execute function note()",
        """
        create function note_state() returns trigger language plpgsql as $$
        begin
          insert into public.states values (new.state);
          return new;
        end $$""",
        "create trigger note after update of state on _creek_consumer.subscriptions"
            + " for each row execute function note_state()");
    return consumer;
  }

  /** Asked for until there is one. */
  private static NatsServer leader(NatsCluster cluster, String stream) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> cluster.leader(stream), NatsServer::isRunning);
  }

  private static int rows(PostgresDatabase database) {
    return Integer.parseInt(String.valueOf(database.value("select count(*) from copy.orders")));
  }

  private static void awaitRows(PostgresDatabase database, int count, CompletableFuture<?> load) {
    await()
        .atMost(PATIENCE)
        .failFast("the load failed", load::isCompletedExceptionally)
        .until(() -> rows(database) >= count);
  }
}
