package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** What a program sees of a source's changes, over a broker in memory. */
class CreekSourceTest {
  private static final Duration PATIENCE = Patience.LIMIT;

  private final Positions positions = Positions.inMemory();
  private final List<MemorySource> opened = new ArrayList<>();

  /** A row of the table {@code orders}. */
  record Order(int id, @Nullable String customerName, @Nullable BigDecimal amount) {}

  @AfterEach
  void close() {
    opened.forEach(MemorySource::close);
  }

  private static TableWire orders(Generation generation) {
    return TableWire.of("app", "orders")
        .generation(generation)
        .column("id", "int4", KEY)
        .column("customer_name", "text")
        .column("amount", "numeric(10,2)");
  }

  private static TableWire lines(Generation generation) {
    return TableWire.of("app", "lines")
        .generation(generation)
        .column("id", "int8", KEY)
        .column("note", "text");
  }

  private static final TableWire ORDERS = orders(Generation.OLD);
  private static final TableWire LINES = lines(Generation.OLD);

  private MemorySource open(UnaryOperator<SourceOptions.Builder> settings) {
    MemorySource source = new MemorySource(settings);
    opened.add(source);
    return source.schemas(ORDERS, LINES);
  }

  private MemorySource open() {
    return open(options -> options.positions(positions).linger(Duration.ofMillis(1)));
  }

  private static WalBytes order(int tx, int id) {
    return ORDERS.insert(WalTx.of(tx), id, "c" + id, "1.50");
  }

  private static List<Integer> ids(List<? extends Change<Order>> changes) {
    return changes.stream().map(change -> ((Change.Insert<Order>) change).row().id()).toList();
  }

  @ParameterizedTest
  @EnumSource
  void aTransactionComesWholeOverAllTablesInTheOrderOfItsStatements(Generation generation) {
    TableWire orders = orders(generation);
    TableWire lines = lines(generation);
    MemorySource memory = open().schemas(orders, lines);
    for (int tx = 1; tx <= 50; tx++) {
      memory.append(orders, orders.insert(WalTx.of(tx), tx, "first", "1.00"));
      memory.append(lines, lines.insert(WalTx.of(tx), tx * 10L, "line"));
      memory.append(orders, orders.update(WalTx.of(tx), tx, "second", "2.00"));
    }

    List<Transaction<Row>> all =
        memory
            .source()
            .changes("source.app.*")
            .transactions()
            .take(50)
            .collectList()
            .block(PATIENCE);

    assertThat(all).hasSize(50);
    for (int tx = 1; tx <= 50; tx++) {
      Transaction<Row> one = all.get(tx - 1);
      assertThat(one.id()).isEqualTo(WalTx.of(tx).id());
      assertThat(one.committedAt()).isEqualTo(WalTx.of(tx).committedAt());
      assertThat(one.isLastPart()).isTrue();
      assertThat(one.changes())
          .extracting(change -> change.table().table())
          .containsExactly("orders", "lines", "orders");
      assertThat(((Change.Update<Row>) one.changes().get(2)).row().getString("customer_name"))
          .isEqualTo("second");
    }
  }

  @Test
  void messagesOfOtherTablesEndATransactionAndDoNotCome() {
    MemorySource memory =
        open(options -> options.positions(positions).linger(MemorySource.FOR_EVER));
    memory.append(ORDERS, order(1, 1));
    memory.append(LINES, LINES.insert(WalTx.of(2), 20L, "not wanted"));

    Transaction<Row> only =
        memory
            .source()
            .changes("source.app.orders", "source.app.order*")
            .transactions()
            .blockFirst(PATIENCE);

    assertThat(only.changes()).hasSize(1);
    assertThat(only.position().sequence()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void eachKindOfChangeHasItsImages() {
    MemorySource memory = open();
    WalTx tx = WalTx.of(1);
    memory.append(ORDERS, order(1, 1));
    memory.append(ORDERS, ORDERS.update(tx, 1, "new", "2.50"));
    memory.append(
        ORDERS, ORDERS.update(tx, ORDERS.row(1, "new", "2.50"), ORDERS.row(7, "new", "2.50")));
    memory.append(ORDERS, ORDERS.delete(tx, ORDERS.row(7, "new", "2.50")));
    memory.append(ORDERS, ORDERS.truncate(tx));

    Transaction<Order> one =
        memory
            .source()
            .changes("source.app.orders")
            .as(Order.class)
            .transactions()
            .blockFirst(PATIENCE);

    List<Change<Order>> changes = one.changes();
    assertThat(changes).hasSize(5);
    var insert = (Change.Insert<Order>) changes.get(0);
    assertThat(insert.row()).isEqualTo(new Order(1, "c1", new BigDecimal("1.50")));
    assertThat(insert.origin().sequence()).isEqualTo(1);
    assertThat(insert.origin().schema().column("amount").pgType()).isEqualTo("numeric");
    var update = (Change.Update<Order>) changes.get(1);
    assertThat(update.key().getInteger("id")).isEqualTo(1);
    assertThat(update.key().has("amount")).isFalse();
    assertThat(update.before()).isNull();
    assertThat(update.row().customerName()).isEqualTo("new");
    var moved = (Change.KeyChange<Order>) changes.get(2);
    assertThat(moved.oldKey().getInteger("id")).isEqualTo(1);
    assertThat(moved.row().id()).isEqualTo(7);
    var delete = (Change.Delete<Order>) changes.get(3);
    assertThat(delete.key().getInteger("id")).isEqualTo(7);
    assertThat(delete.before()).isNull();
    assertThat(changes.get(4)).isInstanceOf(Change.Truncate.class);
  }

  @Test
  void withFullReplicaIdentityTheRowBeforeComesToo() {
    TableWire full = ORDERS.identity(TableWire.Identity.FULL);
    MemorySource memory = open().schemas(full);
    WalTx tx = WalTx.of(1);
    memory.append(full, full.update(tx, full.row(1, "old", "1.00"), full.row(1, "new", "2.00")));
    memory.append(full, full.delete(tx, full.row(1, "new", "2.00")));

    Transaction<Order> one =
        memory
            .source()
            .changes("source.app.orders")
            .as(Order.class)
            .transactions()
            .blockFirst(PATIENCE);

    var update = (Change.Update<Order>) one.changes().get(0);
    assertThat(update.before()).isEqualTo(new Order(1, "old", new BigDecimal("1.00")));
    assertThat(update.row()).isEqualTo(new Order(1, "new", new BigDecimal("2.00")));
    var delete = (Change.Delete<Order>) one.changes().get(1);
    assertThat(delete.before()).isEqualTo(new Order(1, "new", new BigDecimal("2.00")));
  }

  @Test
  void rowsAreMapsJsonOrAvroAsWell() {
    MemorySource memory = open();
    memory.append(ORDERS, ORDERS.insert(WalTx.of(1), 1, null, "1.50"));
    Changes<Row> changes = memory.source().changes("source.app.orders").startAt(Start.EARLIEST);

    assertThat(first(changes.as(RowMapper.json())))
        .isEqualTo("{\"id\":1,\"customer_name\":null,\"amount\":1.50}");
    assertThat(first(changes.as(RowMapper.avro())).get("id")).isEqualTo(1);
    Map<String, @Nullable Object> map = first(changes.as(RowMapper.maps()));
    assertThat(map)
        .containsEntry("id", 1)
        .containsEntry("customer_name", null)
        .containsEntry("amount", new BigDecimal("1.50"));
    assertThat(first(changes)).hasToString("Row[source.app.orders]");
  }

  private static <T> T first(Changes<T> changes) {
    return ((Change.Insert<T>) changes.changes().blockFirst(PATIENCE)).row();
  }

  @Test
  void anotherSubscriptionGoesOnBehindWhatWasCommitted() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 10).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    Changes<Order> changes = memory.source().changes("source.app.orders").as(Order.class);

    changes
        .transactions()
        .take(6)
        .concatMap(tx -> tx.id() == WalTx.of(4).id() ? tx.commit() : Mono.empty())
        .then()
        .block(PATIENCE);

    List<Integer> again =
        changes
            .transactions()
            .take(6)
            .concatMapIterable(tx -> ids(tx.changes()))
            .collectList()
            .block(PATIENCE);
    assertThat(again).as("what was not committed comes again").containsExactly(5, 6, 7, 8, 9, 10);
  }

  @Test
  void committingIsCumulativeAndNeverGoesBack() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 4).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    Changes<Row> changes = memory.source().changes("source.app.orders");

    changes
        .transactions()
        .take(4)
        .collectList()
        .flatMap(all -> all.get(3).commit().then(all.get(0).commit()))
        .block(PATIENCE);

    assertThat(positions.load().block(PATIENCE).position().sequence()).isEqualTo(4);
  }

  @Test
  void aFilterLosesNothingAndHoldsNothingUp() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 20).forEach(tx -> memory.append(ORDERS, order(tx, tx)));

    memory
        .source()
        .changes("source.app.orders")
        .as(Order.class)
        .transactions()
        .filter(tx -> ids(tx.changes()).get(0) % 7 == 0)
        .take(2)
        .concatMap(Transaction::commit)
        .then()
        .block(PATIENCE);

    assertThat(positions.load().block(PATIENCE).position().sequence()).isEqualTo(14);
  }

  @Test
  void aHandlerThatFailsMeetsTheSameTransactionAgain() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 30).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    List<Integer> handled = new CopyOnWriteArrayList<>();
    AtomicInteger failures = new AtomicInteger();
    List<Throwable> seen = new CopyOnWriteArrayList<>();

    Disposable running =
        memory
            .source()
            .changes("source.app.orders")
            .as(Order.class)
            .forEachTransaction(
                tx ->
                    Mono.fromRunnable(
                        () -> {
                          int id = ids(tx.changes()).get(0);
                          if (id % 10 == 3 && failures.getAndIncrement() % 3 != 2) {
                            throw new IllegalStateException("the index is away, says the test");
                          }
                          handled.add(id);
                        }))
            .retryWhen(
                Retry.fixedDelay(100, Duration.ofMillis(1))
                    .doBeforeRetry(signal -> seen.add(signal.failure())))
            .subscribe();
    Awaitility.await().atMost(PATIENCE).until(() -> handled.size() >= 30);
    running.dispose();

    assertThat(handled).containsExactlyElementsOf(IntStream.rangeClosed(1, 30).boxed().toList());
    assertThat(seen)
        .hasSize(6)
        .allSatisfy(
            error ->
                assertThat(error)
                    .isInstanceOf(SourceException.HandlerFailed.class)
                    .hasMessageContaining("stream sequence")
                    .hasMessageNotContaining("says the test")
                    .hasRootCauseMessage("the index is away, says the test"));
    assertThat(((SourceException) seen.get(0)).sequence()).hasValue(3);
  }

  @Test
  void aTransactionLargerThanTheBoundComesInParts() {
    MemorySource memory =
        open(
            options ->
                options
                    .positions(positions)
                    .linger(MemorySource.FOR_EVER)
                    .batches(10, 1 << 20)
                    .transactions(100, 1 << 20));
    memory.append(ORDERS, order(1, 1));
    IntStream.rangeClosed(1, 250).forEach(id -> memory.append(ORDERS, order(2, id)));
    IntStream.rangeClosed(1, 90).forEach(id -> memory.append(ORDERS, order(3, id)));
    memory.append(ORDERS, order(4, 1));

    List<Transaction<Order>> all =
        memory
            .source()
            .changes("source.app.orders")
            .as(Order.class)
            .transactions()
            .take(5)
            .collectList()
            .block(PATIENCE);

    assertThat(all).extracting(Transaction::part).containsExactly(0, 0, 1, 2, 0);
    assertThat(all)
        .extracting(Transaction::isLastPart)
        .containsExactly(true, false, false, true, true);
    assertThat(all.get(4).changes()).as("a smaller one comes whole").hasSize(90);
    List<Integer> ids = new ArrayList<>();
    all.subList(1, 4).forEach(part -> ids.addAll(ids(part.changes())));
    assertThat(ids).containsExactlyElementsOf(IntStream.rangeClosed(1, 250).boxed().toList());
  }

  @Test
  void batchesHoldWholeTransactionsInOrder() {
    MemorySource memory = open();
    for (int tx = 1; tx <= 100; tx++) {
      memory.append(ORDERS, order(tx, 3 * tx));
      memory.append(ORDERS, order(tx, 3 * tx + 1));
    }
    List<Integer> ids = new ArrayList<>();
    memory
        .source()
        .changes("source.app.orders")
        .as(Order.class)
        .batches()
        .concatMap(
            batch -> {
              assertThat(batch.endsTransaction()).isTrue();
              ids.addAll(ids(batch.changes()));
              return batch.commit().thenReturn(batch);
            })
        .takeUntil(batch -> batch.position().sequence() == 200)
        .blockLast(PATIENCE);
    assertThat(ids).hasSize(200).isSorted();
    assertThat(positions.load().block(PATIENCE).position().sequence()).isEqualTo(200);
  }

  @Test
  void nothingComesThatWasNotAskedFor() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 500).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    List<Integer> got = new CopyOnWriteArrayList<>();
    var subscriber =
        new BaseSubscriber<Transaction<Order>>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Transaction<Order> tx) {
            got.addAll(ids(tx.changes()));
          }
        };
    memory
        .source()
        .changes("source.app.orders")
        .as(Order.class)
        .transactions()
        .subscribe(subscriber);
    for (int n = 1; n <= 20; n++) {
      int expected = n;
      Awaitility.await().atMost(PATIENCE).until(() -> got.size() == expected);
      subscriber.request(1);
    }
    subscriber.cancel();
    assertThat(got.size()).isBetween(20, 21);
  }

  @Test
  void aMessageThatCannotBeReadEndsItBehindTheChangesBeforeIt() {
    MemorySource memory = open();
    memory.append(ORDERS, order(1, 1));
    memory.append(ORDERS, order(2, 2));
    long bad = memory.append(ORDERS.source(), List.of(new byte[] {0, 0, 0, 0, 0, 3, 1, 2, 3}));
    memory.append(ORDERS, order(3, 3));
    Changes<Order> changes = memory.source().changes("source.app.orders").as(Order.class);

    StepVerifier.create(changes.changes().map(Change::origin).map(Origin::sequence))
        .expectNext(1L)
        .expectErrorSatisfies(
            error -> {
              assertThat(error)
                  .isInstanceOf(SourceException.Undecodable.class)
                  .hasMessageContaining("source.app.orders at stream sequence 3");
              assertThat(((SourceException) error).sequence()).hasValue(bad);
              assertThat(((SourceException) error).hint()).contains("skip(3)");
            })
        .verify(PATIENCE);
    StepVerifier.create(changes.skip(bad).changes().map(Change::origin).map(Origin::sequence))
        .expectNext(1L, 2L, 4L)
        .thenCancel()
        .verify(PATIENCE);
  }

  @Test
  void anErrorWaitsForTheHandlersOfWhatCameBeforeIt() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 8).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    memory.append(ORDERS.source(), List.of(new byte[] {0, 0, 0, 0, 0, 3, 1, 2, 3}));
    List<Integer> handled = new CopyOnWriteArrayList<>();

    assertThatThrownBy(
            () ->
                memory
                    .source()
                    .changes("source.app.orders")
                    .as(Order.class)
                    .forEachTransaction(
                        tx ->
                            Mono.delay(Duration.ofMillis(20))
                                .doOnNext(slow -> handled.addAll(ids(tx.changes())))
                                .then())
                    .block(PATIENCE))
        .isInstanceOf(SourceException.Undecodable.class);

    assertThat(handled)
        .as("the last one may go on in what follows")
        .containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(positions.load().block(PATIENCE).position().sequence()).isEqualTo(7);
  }

  /** The name of a component that no column has. */
  record Misfit(int id, String colour) {}

  /** A component that NULL does not fit. */
  record Strict(int id, int amount) {}

  @Test
  void aRowThatDoesNotFitTheRecordEndsItWithItsPlace() {
    MemorySource memory = open();
    memory.append(ORDERS, order(1, 1));
    Changes<Row> changes = memory.source().changes("source.app.orders");

    assertThatThrownBy(() -> changes.as(Misfit.class).changes().blockFirst(PATIENCE))
        .isInstanceOf(SourceException.Unmappable.class)
        .hasMessageContaining("stream sequence 1")
        .hasMessageContaining("component colour");
    assertThatThrownBy(() -> changes.as(Strict.class).changes().blockFirst(PATIENCE))
        .isInstanceOf(SourceException.Unmappable.class)
        .hasMessageContaining("component amount")
        .hasMessageNotContaining("1.50");
  }

  @Test
  void aSchemaThatNobodyKnowsEndsItInTheEnd() {
    MemorySource memory = open();
    TableWire unknown = TableWire.of("app", "unknown").column("id", "int4", KEY);
    memory.append(unknown, unknown.insert(WalTx.of(1), 1));

    assertThatThrownBy(
            () -> memory.source().changes("source.app.unknown").transactions().blockFirst(PATIENCE))
        .isInstanceOf(SourceException.UnknownSchema.class)
        .hasMessageContaining("stream sequence 1");
  }

  @Test
  void twoReadersOfOnePositionNoticeEachOther() {
    MemorySource memory = open();
    IntStream.rangeClosed(1, 3).forEach(tx -> memory.append(ORDERS, order(tx, tx)));
    MemorySource other = open();
    IntStream.rangeClosed(1, 3).forEach(tx -> other.append(ORDERS, order(tx, tx)));

    Mono<Void> here =
        memory.source().changes("source.app.orders").forEachTransaction(tx -> Mono.never());
    Disposable running = here.subscribe();
    assertThatThrownBy(() -> here.block(PATIENCE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in use by another subscription");
    running.dispose();

    assertThatThrownBy(
            () ->
                memory
                    .source()
                    .changes("source.app.orders")
                    .forEachTransaction(
                        tx ->
                            other
                                .source()
                                .changes("source.app.orders")
                                .transactions()
                                .take(2)
                                .concatMap(Transaction::commit)
                                .then())
                    .block(PATIENCE))
        .isInstanceOf(SourceException.Conflict.class)
        .hasMessageContaining("another reader has moved it");
  }

  @Test
  void thePositionFollowsOverWhatIsNotWantedOnceAllIsCommitted() {
    MemorySource memory = open();
    memory.append(ORDERS, order(1, 1));
    IntStream.rangeClosed(2, 60_000)
        .forEach(tx -> memory.append(LINES, LINES.insert(WalTx.of(tx), tx, "not wanted")));

    Disposable running =
        memory
            .source()
            .changes("source.app.orders", "source.app.order?")
            .forEachTransaction(tx -> Mono.empty())
            .subscribe();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> positions.load().block(PATIENCE).position().sequence() > 50_000);
    running.dispose();
  }

  @Test
  void itDoesNotFollowBeforeAllIsCommitted() {
    MemorySource memory = open();
    memory.append(ORDERS, order(1, 1));
    IntStream.rangeClosed(2, 60_000)
        .forEach(tx -> memory.append(LINES, LINES.insert(WalTx.of(tx), tx, "not wanted")));
    memory.append(ORDERS, order(60_001, 2));

    memory
        .source()
        .changes("source.app.orders", "source.app.order?")
        .transactions()
        .take(2)
        .blockLast(PATIENCE);
    assertThat(positions.load().block(PATIENCE).position().sequence()).isZero();
  }

  @Test
  void closingEndsEachSubscriptionAndLaterOnes() {
    MemorySource memory = open();
    memory.append(ORDERS, order(1, 1));
    Flux<Transaction<Row>> transactions =
        memory.source().changes("source.app.orders").transactions();
    StepVerifier.create(transactions)
        .expectNextCount(1)
        .then(memory::close)
        .expectErrorMatches(
            e -> e instanceof IllegalStateException && e.getMessage().contains("closed"))
        .verify(PATIENCE);
    assertThatThrownBy(() -> transactions.blockFirst(PATIENCE))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void namesThatCannotBeReadAreRefusedAtOnce() {
    MemorySource memory = open();
    assertThatThrownBy(() -> memory.source().changes("orders"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("db.namespace.table");
    assertThatThrownBy(() -> memory.source().changes("a.b.c", "x.b.c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no order between databases");
    assertThatThrownBy(() -> memory.source().changes("*.b.c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only schema and table may hold *");
  }
}
