package dev.creek.consumer;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tables of a group that foreign keys of the target tie together. */
class TiedTablesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TableWire ORDERS =
      TableWire.of("app", "orders").column("id", "int4", KEY).column("note", "text");
  private static final TableWire LINES =
      TableWire.of("app", "lines").column("id", "int4", KEY).column("order_id", "int4");

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase database = path.target();
  private final WirePublisher publisher = path.publisher(Generation.OLD);
  private final CreekConsumer consumer = path.consumer(path.options().grouping(Grouping.DATABASE));

  @BeforeEach
  void publishSchemas() {
    database.execute(
        "create schema copy",
        "create table copy.orders (id int primary key, note text)",
        "create table copy.lines (id int primary key, order_id int references copy.orders)");
    consumer.initialize().block(PATIENCE);
    publisher.publishSchema(ORDERS);
    publisher.publishSchema(LINES);
  }

  /** Each alone is refused: one needs a row that the other inserts, which deletes what it needs. */
  @Test
  void thatNeedEachOtherGoOnTogetherWhicheverCameFirst() {
    database.execute(
        "insert into copy.orders values (1, 'old')", "insert into copy.lines values (1, 1)");
    WalTx tx = WalTx.of(10);
    publisher.publish(ORDERS.source(), ORDERS.insert(tx, 2, "new"));
    publisher.publish(LINES.source(), LINES.insert(tx, 2, 2));
    publisher.publish(LINES.source(), LINES.delete(tx, Map.of("id", 1)));
    publisher.publish(ORDERS.source(), ORDERS.delete(tx, Map.of("id", 1)));
    publisher.flush();

    subscribe("lines");
    path.run();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                        .query(
                            "select from _creek_consumer.subscriptions where reason like '%refers to copy.orders%'")
                        .size()
                    == 1);
    subscribe("orders");

    awaitRows("(2,new)", "(2,2)");
    awaitState("lines", "streaming");
    awaitState("orders", "streaming");
  }

  @Test
  void thatBeginOnAnEmptyStreamAreAppliedTogether() {
    subscribe("lines");
    subscribe("orders");
    path.run();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .value("select count(*) from _creek_consumer.subscriptions where member")
                    .equals("2"));
    for (int id = 1; id <= 20; id++) {
      WalTx tx = WalTx.of(100 + id);
      publisher.publish(ORDERS.source(), ORDERS.insert(tx, id, "new"));
      publisher.publish(LINES.source(), LINES.insert(tx, id, id));
    }
    publisher.flush();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> database.value("select count(*) from copy.lines").equals("20"));
  }

  private void subscribe(String table) {
    consumer
        .tables()
        .add(new Mapping(new SourceTable("source", "app", table), new TargetTable("copy", table)))
        .block(PATIENCE);
  }

  private void awaitRows(String orders, String lines) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .value(
                        "select (select string_agg(o::text, '' order by id) from copy.orders o)"
                            + " || (select string_agg(l::text, '' order by id) from copy.lines l)")
                    .equals(orders + lines));
  }

  private void awaitState(String table, String state) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                state.equals(
                    database.value(
                        "select state from _creek_consumer.subscriptions where target = 'copy.%s'"
                            .formatted(table))));
  }
}
