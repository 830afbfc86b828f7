package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.PurgeOptions;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody deletes a table's messages from the middle of the stream, which is read for each table
 * or for all of them.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(Grouping.class)
final class DeletedMessagesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TargetTable TARGET = new TargetTable("copy", "orders");

  @RegisterExtension static final WholePath path = WholePath.shared();

  @Parameter private Grouping grouping;

  private final TableWire orders = table("orders");
  private final TableWire returns = table("returns");
  private final TableWire others = table("others");
  private final PostgresDatabase database = path.target();
  private WirePublisher publisher;
  private CreekConsumer consumer;

  private static TableWire table(String name) {
    return TableWire.of("app", name)
        .column("id", "int4", TableWire.Flag.KEY)
        .column("note", "text");
  }

  private void run() {
    consumer = path.consumer(path.options().grouping(grouping));
    for (TableWire table : new TableWire[] {orders, returns, others}) {
      String name = table.source().table();
      Mapping mapping = new Mapping(table.source(), new TargetTable("copy", name));
      consumer.tables().create(mapping).block(PATIENCE);
      consumer.tables().add(mapping).block(PATIENCE);
    }
    path.run();
  }

  private void stop() {
    consumer.stop(PATIENCE).block(PATIENCE);
    consumer.close();
  }

  private void begin(Generation generation) {
    publisher = path.publisher(generation);
    publisher.publishSchema(orders);
    publisher.publishSchema(returns);
    publisher.publishSchema(others);
    publish(others, 1, 1);
    publish(orders, 1, 5);
    run();
    awaitRow("orders", 5);
    awaitRow("others", 1);
  }

  private void publish(TableWire table, int first, int last) {
    for (int id = first; id <= last; id++) {
      publisher.publish(table.source(), table.insert(WalTx.of(id), id, "note"));
    }
    publisher.flush();
  }

  private void purge(Generation generation, TableWire table)
      throws IOException, InterruptedException, JetStreamApiException {
    Subjects names = new Subjects(generation, "CREEK");
    try (Connection connection = Nats.connect(path.broker().uri())) {
      connection
          .jetStreamManagement()
          .purgeStream(
              names.walStream("source"),
              PurgeOptions.builder().subject(names.walSubject(table.source())).build());
    }
  }

  private void awaitRow(String table, int id) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                !database
                    .query("select from copy.%s where id = %d".formatted(table, id))
                    .isEmpty());
  }

  private String state(String table) {
    return database.value(
        "select coalesce(state, '') || ' ' || coalesce(reason, '') || ' ' || coalesce(hint, '') from _creek_consumer.subscriptions where target = 'copy.%s'"
            .formatted(table));
  }

  @ParameterizedTest
  @EnumSource
  void aPurgeOfATablesSubjectWhileTheServiceIsDownIsAGapUntilSomebodySaysToGoOn(
      Generation generation) throws Exception {
    begin(generation);
    stop();
    publish(orders, 6, 9);
    publish(others, 2, 2);
    purge(generation, orders);
    publish(orders, 10, 10);

    run();
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("gap"));
    assertThat(state("orders")).contains("was deleted before it was read", "resume_table");
    assertThat(database.query("select from copy.orders where id = 10")).isEmpty();

    consumer.tables().resume(TARGET).block(PATIENCE);
    awaitRow("orders", 10);
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("streaming"));
    publish(orders, 11, 11);
    awaitRow("orders", 11);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPurgedOfAnotherTableBehindAnOrderlyStopIsNoGap(Generation generation)
      throws Exception {
    begin(generation);
    publish(others, 2, 4);
    awaitRow("others", 4);
    stop();
    purge(generation, others);
    publish(orders, 6, 6);

    run();
    awaitRow("orders", 6);
    assertThat(state("orders")).startsWith("streaming");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPurgedOfATableThatNeverHadAChangeIsAGapBehindAnOrderlyStop(Generation generation)
      throws Exception {
    publisher = path.publisher(generation);
    publisher.publishSchema(orders);
    publisher.publishSchema(returns);
    publisher.publishSchema(others);
    publish(others, 1, 1);
    run();
    awaitRow("others", 1);
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("streaming"));
    stop();
    publish(orders, 1, 3);
    purge(generation, orders);
    publish(orders, 4, 4);

    run();
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("gap"));
    assertThat(database.query("select from copy.orders")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aPurgeOfATablesSubjectWhileItStandsStillIsAGapForItAndNoOther(Generation generation)
      throws Exception {
    begin(generation);
    database.execute("alter table copy.orders rename to away");
    publish(orders, 6, 9);
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("failed"));
    publish(others, 2, 2);
    awaitRow("others", 2);
    purge(generation, orders);
    publish(others, 3, 3);
    database.execute("alter table copy.away rename to orders");
    consumer.tables().resume(TARGET).block(PATIENCE);

    await().atMost(PATIENCE).until(() -> state("orders").startsWith("gap"));
    awaitRow("others", 3);
    assertThat(state("others")).startsWith("streaming");
  }

  @ParameterizedTest
  @EnumSource
  void aGapIsOfThoseThatItMayHaveHitEachWithItsOwnHint(Generation generation) throws Exception {
    begin(generation);
    publish(returns, 1, 1);
    awaitRow("returns", 1);
    database.execute("alter table copy.orders rename to orders_away");
    database.execute("alter table copy.returns rename to returns_away");
    publish(returns, 2, 2);
    publish(orders, 6, 9);
    publish(others, 2, 2);
    awaitRow("others", 2);
    await().atMost(PATIENCE).until(() -> state("orders").startsWith("failed"));
    await().atMost(PATIENCE).until(() -> state("returns").startsWith("failed"));
    stop();
    database.execute("alter table copy.orders_away rename to orders");
    database.execute("alter table copy.returns_away rename to returns");
    purge(generation, orders);
    publish(others, 3, 3);

    run();
    for (String hit : new String[] {"orders", "returns"}) {
      await().atMost(PATIENCE).until(() -> state(hit).startsWith("gap"));
      assertThat(state(hit)).contains("resync('source.app.%1$s:copy.%1$s')".formatted(hit));
    }
    awaitRow("others", 3);
    assertThat(state("others")).startsWith("streaming");
  }
}
