package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** The test kit, used as the tests of a program would. */
class SourceFeedTest {
  private static final Duration PATIENCE = Patience.LIMIT;

  private final SourceFeed feed = SourceFeed.of("shop");
  private final TableWire orders =
      feed.table("public", "orders").column("id", "int4", KEY).column("note", "text");

  /** A row. */
  record Order(int id, @Nullable String note) {}

  @AfterEach
  void close() {
    feed.close();
  }

  /** What a program under test would be. */
  private static Mono<Void> keep(CreekSource creek, Map<Integer, String> index) {
    return creek
        .changes("shop.public.orders")
        .as(Order.class)
        .forEachTransaction(
            tx ->
                Mono.fromRunnable(
                    () ->
                        tx.changes()
                            .forEach(
                                change -> {
                                  if (change instanceof Change.Insert<Order> insert) {
                                    index.put(insert.row().id(), insert.row().note());
                                  } else if (change instanceof Change.Update<Order> update) {
                                    index.put(update.row().id(), update.row().note());
                                  } else if (change instanceof Change.KeyChange<Order> moved) {
                                    index.remove(moved.oldKey().getInteger("id"));
                                    index.put(moved.row().id(), moved.row().note());
                                  } else if (change instanceof Change.Delete<Order> delete) {
                                    index.remove(delete.key().getInteger("id"));
                                  } else {
                                    index.clear();
                                  }
                                })));
  }

  @Test
  void whatIsPublishedWhileAProgramReadsComesToIt() {
    Map<Integer, String> index = new ConcurrentHashMap<>();
    Disposable running = keep(feed.open(), index).subscribe();
    feed.transaction(tx -> tx.insert(orders, 1, "one").insert(orders, 2, "two"));
    Awaitility.await().atMost(PATIENCE).until(() -> index.size() == 2);
    feed.transaction(
        tx -> tx.update(orders, 1, "new").update(orders, List.of(2, "two"), List.of(3, "three")));
    feed.transaction(tx -> tx.insert(orders, 4, "four").delete(orders, 4, "four"));
    Awaitility.await().atMost(PATIENCE).until(() -> index.equals(Map.of(1, "new", 3, "three")));
    feed.transaction(tx -> tx.truncate(orders));
    Awaitility.await().atMost(PATIENCE).until(index::isEmpty);
    running.dispose();
  }

  @Test
  void positionsHandlersAndGapsAreThoseOfABroker() {
    Positions positions = Positions.inMemory();
    for (int id = 1; id <= 10; id++) {
      int one = id;
      feed.transaction(tx -> tx.insert(orders, one, "x"));
    }
    AtomicInteger handled = new AtomicInteger();
    Disposable running =
        feed.open(options -> options.positions(positions))
            .changes("shop.public.o*")
            .forEachTransaction(
                tx ->
                    handled.incrementAndGet() == 3
                        ? Mono.error(new IllegalStateException("test"))
                        : Mono.empty())
            .retryWhen(Retry.fixedDelay(3, Duration.ofMillis(1)))
            .subscribe();
    Awaitility.await().atMost(PATIENCE).until(() -> handled.get() == 11);
    running.dispose();

    feed.forget();
    feed.transaction(tx -> tx.insert(orders, 11, "x"));
    feed.transaction(tx -> tx.insert(orders, 12, "x"));
    assertThatThrownBy(
            () ->
                feed.open()
                    .changes("shop.public.orders")
                    .startAt(Start.sequence(3))
                    .changes()
                    .blockFirst(PATIENCE))
        .isInstanceOf(SourceException.Gap.class);
    assertThat(
            feed.open()
                .changes("shop.public.orders")
                .changes()
                .map(change -> ((Change.Insert<Row>) change).row().getInteger("id"))
                .blockFirst(PATIENCE))
        .isEqualTo(11);
  }

  @Test
  void anAlteredTableIsOneWithOtherColumns() {
    TableWire wider = orders.column("extra", "int8");
    feed.transaction(tx -> tx.insert(orders, 1, "x"));
    feed.transaction(tx -> tx.insert(wider, 2, "y", 3L));
    List<List<String>> columns =
        feed.open()
            .changes("shop.public.orders")
            .changes()
            .take(2)
            .map(
                change ->
                    change.origin().schema().columns().stream()
                        .map(TableSchema.Column::name)
                        .toList())
            .collectList()
            .block(PATIENCE);
    assertThat(columns).containsExactly(List.of("id", "note"), List.of("id", "note", "extra"));
  }

  @Test
  void aProgramThatBeginsWithASnapshotGetsTheRowsAsTheyAreAndThenTheChanges() {
    feed.row(orders, 1, "of old");
    feed.transaction(tx -> tx.insert(orders, 2, "two").update(orders, 1, "newer"));
    Map<Integer, String> rows = new ConcurrentHashMap<>();
    Disposable running =
        feed.open()
            .changes("shop.public.orders")
            .startAt(Start.storedOr(Start.SNAPSHOT))
            .as(Order.class)
            .changes()
            .subscribe(
                change -> {
                  if (change instanceof Change.SnapshotRow<Order> row) {
                    rows.put(row.row().id(), row.row().note());
                  } else if (change instanceof Change.Delete<Order> delete) {
                    rows.remove(delete.key().getInteger("id"));
                  }
                });
    Awaitility.await().atMost(PATIENCE).until(() -> rows.equals(Map.of(1, "newer", 2, "two")));
    feed.transaction(tx -> tx.delete(orders, 2, "two"));
    Awaitility.await().atMost(PATIENCE).until(() -> rows.equals(Map.of(1, "newer")));
    running.dispose();
  }

  /** One that was paused while it took its snapshot, and was taken for dead. */
  @Test
  void aReaderThatBeganWithoutAPositionDoesNotTakeAnothersBack() {
    feed.row(orders, 1, "of old");
    Positions positions = Positions.inMemory();
    Transaction<Order> late = rows(positions).blockFirst(PATIENCE);
    committed(positions).takeUntil(tx -> tx.snapshot().last()).blockLast(PATIENCE);
    feed.transaction(tx -> tx.insert(orders, 2, "two"));
    assertThat(committed(positions).blockFirst(PATIENCE).snapshot()).isNull();
    StoredPosition stored = positions.load().block(PATIENCE);

    assertThatThrownBy(() -> late.commit().block(PATIENCE))
        .isInstanceOf(SourceException.Conflict.class);
    assertThat(positions.load().block(PATIENCE)).isEqualTo(stored);
  }

  private Flux<Transaction<Order>> committed(Positions positions) {
    return rows(positions).concatMap(tx -> tx.commit().thenReturn(tx), 0);
  }

  private Flux<Transaction<Order>> rows(Positions positions) {
    return feed.open(options -> options.positions(positions))
        .changes("shop.public.orders")
        .startAt(Start.storedOr(Start.SNAPSHOT))
        .as(Order.class)
        .transactions();
  }

  /** On virtual threads, where the JDK has them. */
  @Test
  void aHandlerMayBlockOnASchedulerThatAllowsIt() throws ReflectiveOperationException {
    ExecutorService threads =
        Runtime.version().feature() < 21
            ? Executors.newCachedThreadPool()
            : (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    Scheduler blocking = Schedulers.fromExecutorService(threads);
    for (int id = 1; id <= 50; id++) {
      int one = id;
      feed.transaction(tx -> tx.insert(orders, one, "x"));
    }
    AtomicInteger handled = new AtomicInteger();
    Disposable running =
        feed.open()
            .changes("shop.public.orders")
            .forEachTransaction(
                tx ->
                    Mono.<Void>fromRunnable(
                            () -> {
                              Mono.delay(Duration.ofMillis(1)).block(PATIENCE);
                              handled.incrementAndGet();
                            })
                        .subscribeOn(blocking))
            .subscribe();
    Awaitility.await().atMost(PATIENCE).until(() -> handled.get() == 50);
    running.dispose();
    blocking.dispose();
  }
}
