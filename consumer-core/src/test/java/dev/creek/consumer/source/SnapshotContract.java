package dev.creek.consumer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * What a program may rely on when it begins with snapshots. The same holds for a real source and
 * for the test kit's.
 *
 * <p>The source has the tables {@code items (id int primary key, note text)}, with rows 1 to {@link
 * #ROWS}, {@code others} of the same columns, which is empty, and {@code moments (id int primary
 * key, at timestamptz, days date[])} with the rows {@code (1, now, {})}, {@code (2, infinity, {})}
 * and {@code (3, null, {-infinity})}.
 */
abstract class SnapshotContract {
  static final Duration PATIENCE = Patience.LIMIT;

  /** More than one chunk. */
  static final int ROWS = 12_000;

  /** A row of both tables. */
  record Item(int id, @Nullable String note) {}

  abstract CreekSource open(UnaryOperator<SourceOptions.Builder> settings);

  /** The source's name of a table. */
  abstract String name(String table);

  /** One transaction that inserts a row. */
  abstract void insert(String table, int id, String note);

  /** One transaction over both tables: a row of items is updated, and one of others inserted. */
  abstract void updateBoth(int id, String note);

  private CreekSource open(Positions positions) {
    return open(options -> options.positions(positions));
  }

  private Changes<Item> items(CreekSource creek) {
    return creek.changes(name("items")).startAt(Start.storedOr(Start.SNAPSHOT)).as(Item.class);
  }

  @Test
  void theRowsComeFirstBetweenTheirMarksAndThenTheChanges() {
    try (CreekSource creek = open(options -> options)) {
      List<Element<Item>> seen = new CopyOnWriteArrayList<>();
      Disposable running = items(creek).elements().subscribe(seen::add);
      Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == ROWS + 2);
      insert("items", ROWS + 1, "new");
      Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == ROWS + 4);
      running.dispose();

      var begins = (Mark.SnapshotBegins<Item>) seen.get(0);
      var ends = (Mark.SnapshotEnds<Item>) seen.get(ROWS + 1);
      assertThat(begins.schema().columns())
          .extracting(TableSchema.Column::name)
          .containsExactly("id", "note");
      assertThat(begins.table().table()).isEqualTo("items");
      assertThat(ends.snapshot()).isEqualTo(begins.snapshot());
      assertThat(ends.rows()).isEqualTo(ROWS);
      assertThat(
              seen.subList(1, ROWS + 1).stream().map(row -> ((Change.SnapshotRow<Item>) row).row()))
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, ROWS).mapToObj(id -> new Item(id, "n" + id)).toList());
      assertThat(seen.get(ROWS + 2)).isInstanceOf(Mark.SchemaChanged.class);
      assertThat(((Change.Insert<Item>) seen.get(ROWS + 3)).row())
          .isEqualTo(new Item(ROWS + 1, "new"));
    }
  }

  @Test
  void thePositionIsStoredWithTheLastRowsAndNotBefore() {
    Positions positions = Positions.inMemory();
    try (CreekSource creek = open(positions)) {
      List<Transaction<Item>> first =
          items(creek)
              .transactions()
              .take(2)
              .delayUntil(Transaction::commit)
              .collectList()
              .block(PATIENCE);
      assertThat(first.get(0).snapshot().first()).isTrue();
      assertThat(first.get(1).snapshot().first()).isFalse();
      assertThat(first).extracting(Transaction::position).containsOnly(Position.NONE);
    }
    assertThat(positions.load().blockOptional(PATIENCE)).isEmpty();

    try (CreekSource creek = open(positions)) {
      List<Transaction<Item>> all = new ArrayList<>();
      items(creek)
          .transactions()
          .doOnNext(all::add)
          .concatMap(tx -> tx.commit().thenReturn(tx), 0)
          .takeUntil(tx -> tx.snapshot().last())
          .blockLast(PATIENCE);
      assertThat(all.get(0).snapshot().first()).isTrue();
      assertThat(all.stream().mapToInt(tx -> tx.changes().size()).sum()).isEqualTo(ROWS);
    }
    assertThat(positions.load().blockOptional(PATIENCE)).isPresent();

    try (CreekSource creek = open(positions)) {
      insert("items", ROWS + 1, "new");
      Transaction<Item> next = items(creek).transactions().blockFirst(PATIENCE);
      assertThat(next.snapshot()).isNull();
      assertThat(next.changes())
          .extracting(change -> ((Change.Insert<Item>) change).row().id())
          .containsExactly(ROWS + 1);
    }
  }

  @Test
  void snapshotsOfSeveralTablesComeOneAfterTheOtherAndOneOrderBehindThem() {
    Map<Integer, String> rows = new ConcurrentSkipListMap<>();
    List<String> tables = new CopyOnWriteArrayList<>();
    List<Transaction<Item>> later = new CopyOnWriteArrayList<>();
    try (CreekSource creek = open(options -> options)) {
      Disposable running =
          creek
              .changes(name("items"), name("others"))
              .startAt(Start.SNAPSHOT)
              .as(Item.class)
              .forEachTransaction(
                  tx ->
                      Mono.fromRunnable(
                          () -> {
                            SnapshotPart part = tx.snapshot();
                            if (part == null) {
                              later.add(tx);
                            } else if (part.last()) {
                              tables.add(part.table().table());
                            }
                            tx.changes().stream()
                                .filter(Change.SnapshotRow.class::isInstance)
                                .map(row -> ((Change.SnapshotRow<Item>) row).row())
                                .forEach(row -> rows.put(row.id(), row.note()));
                          }))
              .subscribe();
      Awaitility.await().atMost(PATIENCE).until(() -> tables.size() == 2);
      updateBoth(7, "changed");
      Awaitility.await().atMost(PATIENCE).until(() -> !later.isEmpty());
      running.dispose();
    }
    assertThat(tables).containsExactly("items", "others");
    assertThat(rows).hasSize(ROWS);
    assertThat(later.get(0).changes())
        .extracting(change -> change.table().table())
        .containsExactly("items", "others");
  }

  @Test
  void anEmptyTableIsASnapshotWithoutRows() {
    try (CreekSource creek = open(options -> options)) {
      Transaction<Row> only =
          creek.changes(name("others")).startAt(Start.SNAPSHOT).transactions().blockFirst(PATIENCE);
      assertThat(only.changes()).isEmpty();
      assertThat(only.snapshot().first()).isTrue();
      assertThat(only.snapshot().last()).isTrue();
      assertThat(only.elements())
          .extracting(element -> element.getClass().getSimpleName())
          .containsExactly("SnapshotBegins", "SnapshotEnds");
    }
  }

  @Test
  void aHandlerThatFailsAtTheEndOfASnapshotIsNamed() {
    try (CreekSource creek = open(options -> options)) {
      assertThatThrownBy(
              () ->
                  creek
                      .changes(name("others"))
                      .startAt(Start.SNAPSHOT)
                      .forEachTransaction(tx -> Mono.error(new IllegalStateException("test")))
                      .block(PATIENCE))
          .isInstanceOf(SourceException.HandlerFailed.class)
          .hasMessageContaining("0 rows of snapshot");
    }
  }

  @Test
  void singleSnapshotsAreRequestedListedAndRead() {
    try (CreekSource creek = open(options -> options)) {
      TableSnapshots<Item> snapshots = creek.snapshots(name("items")).as(Item.class);
      String name = snapshots.request().block(PATIENCE);

      List<Item> rows = snapshots.rows(name).limitRate(10).collectList().block(PATIENCE);

      assertThat(rows)
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, ROWS).mapToObj(id -> new Item(id, "n" + id)).toList());
      assertThat(
              snapshots.published().map(PublishedSnapshot::subject).collectList().block(PATIENCE))
          .containsExactly(name);
      assertThat(snapshots.rows(name).take(5).collectList().block(PATIENCE)).hasSize(5);
    }
  }

  /** Of changes they come. */
  @Test
  void rowsWithAnInfiniteTimeAreNotInSnapshots() {
    try (CreekSource creek = open(options -> options)) {
      assertThat(
              creek
                  .changes(name("moments"))
                  .startAt(Start.SNAPSHOT)
                  .transactions()
                  .blockFirst(PATIENCE)
                  .changes())
          .extracting(change -> ((Change.SnapshotRow<Row>) change).row().getInteger("id"))
          .containsExactly(1);
    }
  }

  @Test
  void nobodyAnswersForATableThatIsNotPublished() {
    try (CreekSource creek = open(options -> options.snapshotStall(Duration.ofSeconds(1)))) {
      assertThatThrownBy(() -> creek.snapshots(name("unknown")).request().block(PATIENCE))
          .isInstanceOf(BrokerException.NoProducer.class);
    }
  }

  @Test
  void snapshotsNeedNames() {
    try (CreekSource creek = open(options -> options)) {
      assertThatThrownBy(
              () ->
                  creek
                      .changes(name("*"))
                      .startAt(Start.SNAPSHOT)
                      .transactions()
                      .blockFirst(PATIENCE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name them");
    }
  }
}
