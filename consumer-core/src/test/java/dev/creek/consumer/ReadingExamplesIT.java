package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.source.Change;
import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.Element;
import dev.creek.consumer.source.Mark;
import dev.creek.consumer.source.Positions;
import dev.creek.consumer.source.Row;
import dev.creek.consumer.source.SourceOptions;
import dev.creek.consumer.source.Start;
import dev.creek.consumer.source.Transaction;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.testing.producer.TestProducer;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * The examples of docs/library.md on reading changes, as a program outside would write them, run.
 * {@link LibraryDocTest} compares both.
 */
class ReadingExamplesIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension static final NatsExtension nats = NatsExtension.own();

  private static WirePublisher publisher;

  private final Map<Integer, Order> index = new ConcurrentHashMap<>();
  private final List<String> sent = new CopyOnWriteArrayList<>();
  private ConnectionFactory connections;
  private PostgresDatabase database;
  private CreekSource creek;

  record Order(int id, String customerName, BigDecimal amount) {}

  @BeforeEach
  void given(PostgresDatabase fresh) {
    database = fresh;
    connections =
        ConnectionFactories.get(
            database.uri().replaceFirst("^postgres(ql)?:", "r2dbc:postgresql:"));
    database.execute(
        "create table orders (id int primary key, customer_name text, amount numeric)");
    if (publisher == null) {
      publisher = WirePublisher.of(nats.server(), Generation.NEW, "shop");
      publish();
    }
    creek = source(nats.server().uri());
  }

  @AfterEach
  void close() {
    creek.close();
  }

  private static void publish() {
    TableWire orders =
        TableWire.of(new dev.creek.consumer.api.SourceTable("shop", "public", "orders"))
            .generation(Generation.NEW)
            .column("id", "int4", TableWire.Flag.KEY)
            .column("customer_name", "text")
            .column("amount", "numeric(10,2)");
    publisher.publishSchema(orders);
    for (int id = 1; id <= 20; id++) {
      publisher.publish(orders.source(), orders.insert(WalTx.of(id), id, "ann", id + ".00"));
    }
    WalTx tx = WalTx.of(30);
    publisher.publish(orders.source(), orders.update(tx, 1, "bob", "1.00"));
    publisher.publish(
        orders.source(),
        orders.update(tx, orders.row(2, "ann", "2.00"), orders.row(22, "ann", "2.00")));
    publisher.publish(orders.source(), orders.delete(tx, orders.row(3, "ann", "3.00")));
    publisher.flush();
  }

  private CreekSource source(String natsUri) {
    CreekSource creek =
        CreekSource.create(
            SourceOptions.builder(natsUri)
                .positions(Positions.postgres(connections, "billing"))
                .build());
    return creek;
  }

  private Mono<Void> readTransactions() {
    return creek
        .changes("shop.public.orders")
        .as(Order.class)
        .forEachTransaction(tx -> save(tx.changes()))
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofSeconds(1)));
  }

  private Mono<Void> save(List<Change<Order>> changes) {
    return Flux.fromIterable(changes).concatMap(this::save).then();
  }

  private Mono<Void> save(Change<Order> change) {
    if (change instanceof Change.Insert<Order> insert) {
      return put(insert.row());
    } else if (change instanceof Change.SnapshotRow<Order> row) {
      return put(row.row());
    } else if (change instanceof Change.Update<Order> update) {
      return put(update.row());
    } else if (change instanceof Change.KeyChange<Order> moved) {
      return remove(moved.oldKey()).then(put(moved.row()));
    } else if (change instanceof Change.Delete<Order> delete) {
      return remove(delete.key());
    }
    return removeAll(); // Truncate
  }

  private Mono<Void> put(Order order) {
    return Mono.fromRunnable(() -> index.put(order.id(), order));
  }

  private Mono<Void> remove(Row key) {
    return Mono.fromRunnable(() -> index.remove(key.getInteger("id")));
  }

  private Mono<Void> removeAll() {
    return Mono.fromRunnable(index::clear);
  }

  @Test
  void keepsAnIndexInStep() {
    Disposable running = readTransactions().subscribe();
    Awaitility.await().atMost(PATIENCE).until(() -> !index.containsKey(3) && index.size() == 19);
    running.dispose();
    assertThat(index.get(1).customerName()).isEqualTo("bob");
    assertThat(index).containsKey(22).doesNotContainKey(2);
  }

  private Flux<Void> readBatches() {
    return creek
        .changes("shop.public.*")
        .batches()
        .concatMap(batch -> send(batch.changes()).then(batch.commit()), 0);
  }

  private Mono<Void> send(List<Change<Row>> changes) {
    return Mono.fromRunnable(
        () -> changes.forEach(change -> sent.add(change.getClass().getSimpleName())));
  }

  @Test
  void sendsBatches() {
    Disposable running = readBatches().subscribe();
    Awaitility.await().atMost(PATIENCE).until(() -> sent.size() == 23);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> "23".equals(database.value("select max(sequence) from creek_positions")));
    running.dispose();
    assertThat(sent).containsOnlyOnce("KeyChange", "Delete");
  }

  private Flux<Void> copyExactlyOnce() {
    return creek
        .changes("shop.public.orders")
        .as(Order.class)
        .transactions()
        .concatMap(this::inOneTransaction, 0);
  }

  private Mono<Void> inOneTransaction(Transaction<Order> tx) {
    return Mono.usingWhen(
        connections.create(),
        connection ->
            Mono.from(connection.beginTransaction())
                .then(write(connection, tx.changes()))
                .then(tx.commit(connection))
                .then(Mono.from(connection.commitTransaction())),
        Connection::close);
  }

  private Mono<Void> write(Connection connection, List<Change<Order>> changes) {
    return Flux.fromIterable(changes).concatMap(change -> write(connection, change)).then();
  }

  private Mono<Long> write(Connection connection, Change<Order> change) {
    if (change instanceof Change.Insert<Order> insert) {
      return upsert(connection, insert.row());
    } else if (change instanceof Change.Update<Order> update) {
      return upsert(connection, update.row());
    } else if (change instanceof Change.KeyChange<Order> moved) {
      return delete(connection, moved.oldKey()).then(upsert(connection, moved.row()));
    } else if (change instanceof Change.Delete<Order> delete) {
      return delete(connection, delete.key());
    }
    throw new AssertionError("does not come here: " + change.getClass());
  }

  private static Mono<Long> upsert(Connection connection, Order order) {
    return Flux.from(
            connection
                .createStatement(
                    "insert into orders values ($1, $2, $3) on conflict (id) do update set"
                        + " customer_name = $2, amount = $3")
                .bind("$1", order.id())
                .bind("$2", order.customerName())
                .bind("$3", order.amount())
                .execute())
        .concatMap(Result::getRowsUpdated)
        .last();
  }

  private static Mono<Long> delete(Connection connection, Row key) {
    return Flux.from(
            connection
                .createStatement("delete from orders where id = $1")
                .bind("$1", key.getInteger("id"))
                .execute())
        .concatMap(Result::getRowsUpdated)
        .last();
  }

  @Test
  void copiesATableExactlyOnce() {
    Disposable running = copyExactlyOnce().subscribe();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> "23".equals(database.value("select max(sequence) from creek_positions")));
    running.dispose();
    assertThat(database.query("select count(*), sum(amount) from orders"))
        .containsExactly(List.of("19", "207.00"));
  }

  private Mono<Void> beginWithASnapshot() {
    return creek
        .changes("shop.public.orders")
        .startAt(Start.storedOr(Start.SNAPSHOT))
        .as(Order.class)
        .forEachTransaction(tx -> Flux.fromIterable(tx.elements()).concatMap(this::apply).then());
  }

  private Mono<Void> apply(Element<Order> element) {
    if (element instanceof Mark.SnapshotBegins<Order>) {
      return removeAll();
    } else if (element instanceof Change<Order> change) {
      return save(change);
    }
    return Mono.empty(); // the other marks
  }

  /** Of a real source: nobody else takes snapshots. */
  @Test
  void beginsWithASnapshot() {
    try (NatsServer broker = NatsServer.builder().start();
        CreekSource other = source(broker.uri())) {
      PostgresDatabase shop = postgres.server().createDatabase("shop");
      shop.execute(
          "create table orders (id int primary key, customer_name text, amount numeric(10,2))",
          "insert into orders select i, 'ann', i from generate_series(1, 100) i");
      try (TestProducer producer =
          TestProducer.builder()
              .source(shop.uri())
              .slot("shop")
              .nats(broker.uri())
              .generation(Generation.NEW)
              .start()) {
        creek.close();
        creek = other;
        Disposable running = beginWithASnapshot().subscribe();
        Awaitility.await().atMost(PATIENCE).until(() -> index.size() == 100);
        shop.execute("delete from orders where id > 50");
        Awaitility.await().atMost(PATIENCE).until(() -> index.size() == 50);
        running.dispose();
        producer.stop();
        producer.dropSlot();
      } finally {
        shop.drop();
      }
    }
  }

  private Flux<String> watch() {
    return creek
        .changes("shop.public.orders")
        .startAt(Start.EARLIEST)
        .changes()
        .map(change -> change.table() + " at " + change.origin().committedAt());
  }

  @Test
  void watchesChangesOneByOne() {
    assertThat(watch().take(20).collectList().block(PATIENCE))
        .hasSize(20)
        .first()
        .isEqualTo("shop.public.orders at 2024-05-01T10:00:00.001Z");
  }
}
