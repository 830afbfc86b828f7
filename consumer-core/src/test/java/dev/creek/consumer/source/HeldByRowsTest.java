package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Transactions that come so close to a snapshot that numbers and times do not tell whether it holds
 * them.
 */
class HeldByRowsTest {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int LAST = 999;

  private final SourceFeed feed = SourceFeed.of("shop");
  private final TableWire items =
      feed.table("public", "items").column("id", "int4", KEY).column("note", "text");
  private final Map<Integer, String> rows = new TreeMap<>();

  /** Committed between the request and the snapshot: it holds them. */
  private final List<Consumer<SourceFeed.Publishing>> early = new ArrayList<>();

  /** Committed by their numbers before it, and visible only behind it: it lacks them. */
  private final List<Consumer<SourceFeed.Publishing>> late = new ArrayList<>();

  private final List<WalTx> begun = new ArrayList<>();

  /** A row. */
  record Item(int id, @Nullable String note) {}

  @BeforeEach
  void given() {
    for (int id = 1; id <= 6; id++) {
      feed.row(items, id, "a");
    }
    feed.beforeSnapshots(
        () -> {
          early.forEach(feed::transaction);
          early.clear();
          late.forEach(one -> begun.add(feed.begin()));
        });
  }

  @AfterEach
  void close() {
    feed.close();
  }

  /** What a program sees, with the late transactions and a last one behind the snapshot. */
  private List<Change<Item>> read(CreekSource creek) {
    List<Change<Item>> seen = new CopyOnWriteArrayList<>();
    Disposable running =
        creek
            .changes("shop.public.items")
            .startAt(Start.storedOr(Start.SNAPSHOT))
            .as(Item.class)
            .elements()
            .subscribe(
                element -> {
                  if (element instanceof Mark.SnapshotBegins<Item>) {
                    publishRest();
                  } else if (element instanceof Change<Item> change) {
                    seen.add(change);
                  }
                });
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                seen.stream()
                    .anyMatch(
                        change ->
                            change instanceof Change.Insert<Item> insert
                                && insert.row().id() == LAST));
    running.dispose();
    return seen.stream().filter(change -> !isBehind(change)).toList();
  }

  private static boolean isBehind(Change<Item> change) {
    return change instanceof Change.Insert<Item> insert && insert.row().id() > LAST;
  }

  private void publishRest() {
    for (int i = 0; i < late.size(); i++) {
      feed.transaction(begun.get(i), late.get(i));
    }
    feed.transaction(tx -> tx.insert(items, LAST, "last"));
    // So that the last one is known to be whole, and comes together with those before it.
    feed.transaction(tx -> tx.insert(items, LAST + 1, "not looked at"));
  }

  /** Keeps rows, and refuses what cannot be. */
  private void apply(Change<Item> change) {
    if (change instanceof Change.SnapshotRow<Item> row) {
      assertThat(rows.put(row.row().id(), row.row().note())).isNull();
    } else if (change instanceof Change.Insert<Item> insert) {
      assertThat(rows.put(insert.row().id(), insert.row().note())).isNull();
    } else if (change instanceof Change.Update<Item> update) {
      assertThat(rows.put(update.row().id(), update.row().note())).isNotNull();
    } else if (change instanceof Change.KeyChange<Item> moved) {
      assertThat(rows.remove(moved.oldKey().getInteger("id"))).isNotNull();
      assertThat(rows.put(moved.row().id(), moved.row().note())).isNull();
    } else if (change instanceof Change.Delete<Item> delete) {
      assertThat(rows.remove(delete.key().getInteger("id"))).isNotNull();
    }
  }

  /** Also if they come in many batches. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5000})
  void whatTheRowsHoldDoesNotComeAgain(int batch) {
    early.add(tx -> tx.insert(items, 7, "new").update(items, 1, "b"));
    early.add(tx -> tx.delete(items, 2, "a").update(items, List.of(3, "a"), List.of(30, "a")));
    early.add(tx -> tx.update(items, 1, "c"));
    early.add(tx -> tx.insert(items, 8, "gone").delete(items, 8, "gone"));

    List<Change<Item>> seen = read(feed.open(options -> options.batches(batch, 1 << 20)));

    assertThat(seen.stream().filter(change -> !(change instanceof Change.SnapshotRow)))
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Insert");
    seen.forEach(this::apply);
    assertThat(rows)
        .isEqualTo(Map.of(1, "c", 4, "a", 5, "a", 6, "a", 7, "new", 30, "a", LAST, "last"));
  }

  @Test
  void whatTheRowsLackComesAndIsInNoDoubt() {
    early.add(tx -> tx.update(items, 1, "b"));
    late.add(tx -> tx.update(items, 2, "b").delete(items, 3, "a"));
    late.add(tx -> tx.insert(items, 7, "new"));

    List<Change<Item>> seen = read(feed.open());

    assertThat(seen.stream().filter(change -> !(change instanceof Change.SnapshotRow)))
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Update", "Delete", "Insert", "Insert");
    assertThat(seen).noneMatch(change -> change.origin().maybeInSnapshot());
    seen.forEach(this::apply);
    assertThat(rows.get(2)).isEqualTo("b");
  }

  @Test
  void aRestartDecidesTheSame() {
    early.add(tx -> tx.insert(items, 7, "new"));
    late.add(tx -> tx.update(items, 2, "b"));
    Positions positions = Positions.inMemory();
    untilTheLastRow(positions);

    List<Change<Item>> seen = read(feed.open(options -> options.positions(positions)));

    assertThat(seen)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Update", "Insert");
  }

  /** The position behind the last rows is stored, and everything else is published. */
  private void untilTheLastRow(Positions positions) {
    feed.open(options -> options.positions(positions))
        .changes("shop.public.items")
        .startAt(Start.SNAPSHOT)
        .transactions()
        .doOnNext(
            tx -> {
              if (tx.snapshot() != null && tx.snapshot().first()) {
                publishRest();
              }
            })
        .concatMap(tx -> tx.commit().thenReturn(tx), 0)
        .takeUntil(tx -> tx.snapshot() != null && tx.snapshot().last())
        .blockLast(PATIENCE);
  }

  /** What a program does until it has handled one transaction behind the snapshot. */
  private Transaction<Item> untilTheFirst(Positions positions, boolean commits) {
    return feed.open(options -> options.positions(positions))
        .changes("shop.public.items")
        .startAt(Start.storedOr(Start.SNAPSHOT))
        .as(Item.class)
        .transactions()
        .concatMap(
            tx -> tx.snapshot() != null || commits ? tx.commit().thenReturn(tx) : Mono.just(tx), 0)
        .filter(tx -> tx.snapshot() == null)
        .blockFirst(PATIENCE);
  }

  /** Row 1 is in the snapshot as the second of two left it, which is not published yet. */
  private AtomicReference<Runnable> secondIsToBePublished() {
    AtomicReference<Runnable> second = new AtomicReference<>();
    feed.beforeSnapshots(
        () -> {
          feed.transaction(tx -> tx.update(items, 1, "b"));
          second.set(feed.published(tx -> tx.update(items, 1, "c")));
        });
    return second;
  }

  /** Also where the transactions behind it are already there. */
  @Test
  void whatCameInDoubtIsFollowedByDoubtAfterARestart() {
    AtomicReference<Runnable> second = secondIsToBePublished();
    Positions positions = Positions.inMemory();

    Transaction<Item> first = untilTheFirst(positions, true);
    second.get().run();
    publishRest();
    List<Change<Item>> seen = read(feed.open(options -> options.positions(positions)));

    assertThat(first.changes()).singleElement().matches(one -> one.origin().maybeInSnapshot());
    assertThat(seen)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Update", "Insert");
    assertThat(seen)
        .extracting(change -> change.origin().maybeInSnapshot())
        .containsExactly(true, false);
  }

  /** Now rows would prove that the snapshot holds both; but the program has gone back to one. */
  @Test
  void whatCameInDoubtAndWasNotCommittedComesAgainWithWhatFollowed() {
    AtomicReference<Runnable> second = secondIsToBePublished();
    Positions positions = Positions.inMemory();

    untilTheFirst(positions, false);
    second.get().run();
    publishRest();
    List<Change<Item>> seen = read(feed.open(options -> options.positions(positions)));

    assertThat(seen)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Update", "Update", "Insert");
    assertThat(seen)
        .extracting(change -> change.origin().maybeInSnapshot())
        .containsExactly(true, true, false);
  }

  @Test
  void aSnapshotThatCannotBeReadAgainProvesNothing() {
    early.add(tx -> tx.insert(items, 7, "new"));
    early.add(tx -> tx.delete(items, 2, "a"));
    Positions positions = Positions.inMemory();
    untilTheLastRow(positions);
    feed.forgetSnapshots();

    List<Change<Item>> seen =
        read(
            feed.open(
                options -> options.positions(positions).snapshotStall(Duration.ofMillis(100))));

    assertThat(seen)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("Insert", "Delete", "Insert");
    assertThat(seen)
        .extracting(change -> change.origin().maybeInSnapshot())
        .containsExactly(true, true, false);
  }

  /**
   * Another one, with a later number, shows that nothing behind it is in the snapshot; the row
   * happens to be as it was.
   */
  @Test
  void whatCameBehindALaterOneIsNotAskedForByRows() {
    AtomicReference<WalTx> slow = new AtomicReference<>();
    feed.beforeSnapshots(() -> slow.set(feed.begin()));
    List<Change<Item>> seen = new CopyOnWriteArrayList<>();
    Disposable running =
        feed.open()
            .changes("shop.public.items")
            .startAt(Start.SNAPSHOT)
            .as(Item.class)
            .changes()
            .subscribe(seen::add);
    Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == 6);
    feed.transaction(tx -> tx.update(items, 2, "b"));
    Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == 7);
    feed.transaction(slow.get(), tx -> tx.update(items, 2, "a"));
    Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == 8);
    running.dispose();
    assertThat(((Change.Update<Item>) seen.get(7)).row().note()).isEqualTo("a");
  }

  @Test
  void withoutAKeyRowsProveNothingAndChangesAreMarked() {
    TableWire log =
        feed.table("public", "log").identity(TableWire.Identity.NONE).column("note", "text");
    feed.row(log, "x");
    early.add(tx -> tx.insert(log, "x"));
    List<Change<Row>> seen = new CopyOnWriteArrayList<>();
    Disposable running =
        feed.open()
            .changes("shop.public.log")
            .startAt(Start.SNAPSHOT)
            .changes()
            .subscribe(seen::add);
    Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == 3);
    running.dispose();
    assertThat(seen.get(2).origin().maybeInSnapshot()).isTrue();
  }

  /** Few rows and values, so that rows return to earlier values. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void randomTransactionsAroundASnapshotTakeEffectOnce(long seed) {
    Random random = new Random(seed);
    Map<Integer, String> truth = new TreeMap<>();
    for (int id = 1; id <= 6; id++) {
      truth.put(id, "a");
    }
    for (int i = random.nextInt(5); i > 0; i--) {
      early.add(random(random, truth));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      late.add(random(random, truth));
    }

    int batch = 1 + random.nextInt(5);
    read(feed.open(options -> options.batches(batch, 1 << 20))).forEach(this::apply);

    truth.put(LAST, "last");
    assertThat(rows).as("seed %d", seed).isEqualTo(truth);
  }

  private Consumer<SourceFeed.Publishing> random(Random random, Map<Integer, String> truth) {
    List<Consumer<SourceFeed.Publishing>> statements = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int id = 1 + random.nextInt(8);
      String note = "abc".substring(random.nextInt(3)).substring(0, 1);
      String was = truth.get(id);
      int other = 1 + random.nextInt(8);
      if (was == null) {
        statements.add(tx -> tx.insert(items, id, note));
        truth.put(id, note);
      } else if (random.nextInt(3) == 0) {
        statements.add(tx -> tx.delete(items, id, was));
        truth.remove(id);
      } else if (random.nextInt(3) == 0 && !truth.containsKey(other)) {
        statements.add(tx -> tx.update(items, List.of(id, was), List.of(other, note)));
        truth.remove(id);
        truth.put(other, note);
      } else {
        statements.add(tx -> tx.update(items, id, note));
        truth.put(id, note);
      }
    }
    return tx -> statements.forEach(statement -> statement.accept(tx));
  }
}
