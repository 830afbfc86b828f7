package dev.creek.consumer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Snapshots of a real source, read by a program, with and without the changes behind them. */
class SourceSnapshotsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int ROWS = 3000;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();

  /** A row of both tables. */
  record Item(int id, @Nullable String note) {}

  /** What a program keeps by key, and what it saw that cannot be. */
  private static final class Model {
    private final Map<String, Map<Integer, String>> tables =
        Map.of("items", new ConcurrentSkipListMap<>(), "others", new ConcurrentSkipListMap<>());
    private final List<String> wrong = new CopyOnWriteArrayList<>();
    private final AtomicInteger snapshots = new AtomicInteger();

    /** Sequence of the last change of the transaction that was handled last. */
    private long last;

    /** What was handled and not committed comes again, once. */
    private boolean restarted;

    void restarts() {
      restarted = true;
    }

    /** A copy, since changes may still come; the constructors of maps do not stand that. */
    Map<Integer, String> rows(String table) {
      Map<Integer, String> rows = new TreeMap<>();
      tables.get(table).forEach(rows::put);
      return rows;
    }

    Mono<Void> handle(Transaction<Item> tx) {
      return Mono.fromRunnable(
          () -> {
            if (tx.snapshot() == null) {
              long end = tx.changes().get(tx.changes().size() - 1).origin().sequence();
              if (restarted && end == last) {
                restarted = false;
                return;
              }
              restarted = false;
              last = end;
            }
            tx.elements().forEach(this::apply);
          });
    }

    private void apply(Element<Item> element) {
      if (element instanceof Change<Item> change) {
        apply(change);
      } else if (element instanceof Mark.SnapshotBegins<Item> begins) {
        tables.get(begins.table().table()).clear();
        snapshots.incrementAndGet();
        last = 0;
      } else if (element instanceof Mark.SnapshotEnds<Item> ends) {
        int rows = tables.get(ends.table().table()).size();
        if (rows != ends.rows()) {
          wrong.add("%d rows of a snapshot of %d".formatted(rows, ends.rows()));
        }
      }
    }

    private void apply(Change<Item> change) {
      Map<Integer, String> rows = tables.get(change.table().table());
      boolean certain = !change.origin().maybeInSnapshot();
      if (change instanceof Change.SnapshotRow<Item> row) {
        expect(rows.put(row.row().id(), note(row.row())) == null, change, true);
      } else if (change instanceof Change.Insert<Item> insert) {
        expect(rows.put(insert.row().id(), note(insert.row())) == null, change, certain);
      } else if (change instanceof Change.Update<Item> update) {
        expect(rows.put(update.row().id(), note(update.row())) != null, change, certain);
      } else if (change instanceof Change.KeyChange<Item> moved) {
        expect(rows.remove(moved.oldKey().getInteger("id")) != null, change, certain);
        expect(rows.put(moved.row().id(), note(moved.row())) == null, change, certain);
      } else if (change instanceof Change.Delete<Item> delete) {
        expect(rows.remove(delete.key().getInteger("id")) != null, change, certain);
      } else {
        rows.clear();
      }
    }

    private static String note(Item item) {
      return String.valueOf(item.note());
    }

    private void expect(boolean holds, Change<Item> change, boolean certain) {
      if (!holds && certain) {
        wrong.add(change.getClass().getSimpleName() + " at " + change.origin().sequence());
      }
    }
  }

  @BeforeEach
  void given() {
    for (String table : List.of("items", "others")) {
      source.execute(
          "create table %s (id int primary key, note text)".formatted(table),
          "insert into %s select i, 'n' || i from generate_series(1, %d) i".formatted(table, ROWS),
          "analyze " + table);
    }
  }

  private CreekSource open(Positions positions) {
    return CreekSource.create(
        SourceOptions.builder(path.broker().uri()).positions(positions).build());
  }

  private String name(String table) {
    return source.name() + ".public." + table;
  }

  /** Transactions over both tables, until it is told to end. */
  private CompletableFuture<Void> load(AtomicBoolean end, long seed) {
    return CompletableFuture.runAsync(
        () -> {
          Random random = new Random(seed);
          try (Connection connection = source.connect();
              Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            int next = ROWS;
            while (!end.get()) {
              for (int i = 0; i <= random.nextInt(4); i++) {
                String table = random.nextBoolean() ? "items" : "others";
                int id = 1 + random.nextInt(ROWS);
                statement.execute(
                    switch (random.nextInt(5)) {
                      case 0 -> "insert into %s values (%d, 'new')".formatted(table, ++next);
                      case 1 -> "delete from %s where id = %d".formatted(table, id);
                      case 2 -> "update %s set id = %d where id = %d".formatted(table, ++next, id);
                      default ->
                          "update %s set note = 'u%d' where id = %d"
                              .formatted(table, random.nextInt(), id);
                    });
              }
              connection.commit();
            }
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private Map<Integer, String> rows(String table) {
    Map<Integer, String> rows = new TreeMap<>();
    source
        .query("select id, coalesce(note, 'null') from " + table)
        .forEach(row -> rows.put(Integer.valueOf(row.get(0)), row.get(1)));
    return rows;
  }

  private void awaitEqual(Model model) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(model.rows("items")).isEqualTo(rows("items"));
              assertThat(model.rows("others")).isEqualTo(rows("others"));
            });
  }

  /** Restarts while the snapshot is read, right behind it, and later. */
  @ParameterizedTest
  @EnumSource
  void theChangesBehindASnapshotComeWithoutAHoleAndNoneTwice(Generation generation) {
    path.produce(generation);
    Positions positions = Positions.inMemory();
    Model model = new Model();
    AtomicBoolean end = new AtomicBoolean();
    CompletableFuture<Void> load = load(end, 7);
    try {
      AtomicInteger handled = new AtomicInteger();
      List<Integer> untils = List.of(1, 3, 40, 120);
      for (int until : untils) {
        handled.set(0);
        try (CreekSource creek = open(positions)) {
          Disposable running = follow(creek, model, handled).subscribe();
          Awaitility.await().atMost(PATIENCE).until(() -> handled.get() >= until);
          running.dispose();
        }
      }
      try (CreekSource creek = open(positions)) {
        Disposable running = follow(creek, model, handled).subscribe();
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> positions.load().blockOptional(PATIENCE).isPresent());
        end.set(true);
        load.join();
        awaitEqual(model);
        running.dispose();
      }
      assertThat(model.wrong).isEmpty();
      assertThat(model.snapshots.get()).isGreaterThanOrEqualTo(2);
    } finally {
      end.set(true);
    }
  }

  private Mono<Void> follow(CreekSource creek, Model model, AtomicInteger handled) {
    model.restarts();
    return creek
        .changes(name("items"), name("others"))
        .startAt(Start.storedOr(Start.SNAPSHOT))
        .as(Item.class)
        .forEachTransaction(tx -> model.handle(tx).doOnSuccess(done -> handled.incrementAndGet()))
        // What was cut off may still commit; then this one begins anew behind it.
        .retryWhen(
            Retry.fixedDelay(5, Duration.ofMillis(1))
                .filter(SourceException.Conflict.class::isInstance)
                .doBeforeRetry(signal -> model.restarts()));
  }

  @Test
  void aSnapshotWithoutAnEndIsAnError() {
    path.produce(Generation.OLD, dev.creek.consumer.testing.producer.Defect.NO_SNAPSHOT_EOF);
    try (CreekSource creek =
        CreekSource.create(
            SourceOptions.builder(path.broker().uri())
                .snapshotStall(Duration.ofSeconds(2))
                .build())) {
      TableSnapshots<Row> snapshots = creek.snapshots(name("items"));
      assertThatThrownBy(() -> snapshots.request().flatMapMany(snapshots::rows).blockLast(PATIENCE))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("its end is missing");
    }
  }

  @Test
  void schemasComeAsTheTableIsAltered() {
    path.produce(Generation.NEW);
    source.execute("insert into items values (-1, 'first')");
    try (CreekSource creek = open(Positions.inMemory())) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () ->
                  creek
                      .changes(name("items"))
                      .startAt(Start.EARLIEST)
                      .changes()
                      .next()
                      .blockOptional(PATIENCE)
                      .isPresent());
      List<TableSchema> seen = new CopyOnWriteArrayList<>();
      Disposable running = creek.schemas(name("items")).subscribe(seen::add);
      Awaitility.await().atMost(PATIENCE).until(() -> seen.size() == 1);
      List<String> columns = new ArrayList<>(List.of("id", "note"));
      for (int i = 0; seen.size() < 2; i++) {
        // Until its reader listens, a change may be before the beginning.
        source.execute(
            "alter table items add if not exists extra int",
            "insert into items values (-%d, 'x', 1)".formatted(10 + i));
        columns = List.of("id", "note", "extra");
      }
      running.dispose();
      assertThat(seen.get(0).columns())
          .extracting(TableSchema.Column::name)
          .containsExactly("id", "note");
      assertThat(seen.get(1).columns())
          .extracting(TableSchema.Column::name)
          .containsExactlyElementsOf(columns);
      assertThat(seen.get(1).column("extra").pgType()).isEqualTo("int4");
    }
  }
}
