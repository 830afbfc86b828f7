package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.postgres.CatalogPicture;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Clean snapshots beside readers, locks, roles and cancellations. */
final class SnapshotNeighboursIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  private static final int ROWS = 2000;

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;
  private PostgresTarget target;

  @BeforeEach
  void open() {
    database = postgres.database(15);
    target = postgres.connect(database);
    database.execute("create table items (id int primary key, v text)");
  }

  private static List<Object[]> rows(String v) {
    return IntStream.range(0, ROWS).mapToObj(id -> row(id, v)).toList();
  }

  private String oid() {
    return database.value("select 'items'::regclass::oid");
  }

  private String tables() {
    return database.value(
        "select string_agg(relname, ' ' order by relname) from pg_class"
            + " where relnamespace = 'public'::regnamespace and relkind = 'r'");
  }

  /** What readers in a loop saw: the number of rows, and how many kinds. */
  private static final class Reader implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final ConcurrentSkipListSet<String> seen = new ConcurrentSkipListSet<>();
    private final Future<?> running;

    Reader(PostgresDatabase database, String begin) {
      running =
          thread.submit(
              () -> {
                try (Connection connection = database.connect();
                    var statement = connection.createStatement()) {
                  connection.setAutoCommit(false);
                  while (!stop.get()) {
                    statement.execute(begin);
                    try (var row =
                        statement.executeQuery("select count(*), count(distinct v) from items")) {
                      row.next();
                      seen.add(row.getString(1) + " rows, " + row.getString(2) + " kinds");
                    }
                    connection.commit();
                  }
                }
                return null;
              });
    }

    void awaitFirst() {
      Awaitility.await().until(() -> !seen.isEmpty());
    }

    @Override
    public void close() throws Exception {
      stop.set(true);
      running.get();
      thread.shutdown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readersSeeAFullTableAtEveryMoment(boolean inPlace) throws Exception {
    if (inPlace) {
      database.execute("create view w as select * from items");
    }
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("0"));
    try (var plain = new Reader(database, "select 1");
        var repeatable =
            new Reader(
                database,
                "set transaction isolation level repeatable read; select count(*) from pg_class")) {
      plain.awaitFirst();
      repeatable.awaitFirst();
      for (int i = 1; i < 6; i++) {
        var id = oid();
        Load.of(target, ITEMS, SnapshotMode.CLEAN, rows(Integer.toString(i)));
        assertThat(oid().equals(id)).isEqualTo(inPlace);
      }
      assertThat(plain.seen).containsExactly(ROWS + " rows, 1 kinds");
      assertThat(repeatable.seen).containsExactly(ROWS + " rows, 1 kinds");
    }
  }

  @Test
  void aTransactionThatBeganBeforeTheLoadSeesTheOldRowsToItsEnd() throws SQLException {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    var id = oid();
    var hasty =
        postgres.connect(
            DatabaseOptions.builder(database.uri(), Map.of()).lockTimeout(Duration.ofMillis(300)));
    try (Connection reader = database.connect();
        var statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("select 1 from pg_class");
      Load.of(hasty, ITEMS, SnapshotMode.CLEAN, rows("new"));
      try (var row = statement.executeQuery("select count(*), min(v) from items")) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(ROWS);
        assertThat(row.getString(2)).isEqualTo("old");
      }
      reader.commit();
    }
    assertThat(oid()).isEqualTo(id);
    assertThat(database.value("select min(v) from items")).isEqualTo("new");
  }

  @Test
  void aTableThatIsReadForLongIsUpdatedInPlace() throws SQLException {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    var id = oid();
    try (Connection reader = database.connect();
        var statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("lock table items in access share mode");
      var hasty =
          postgres.connect(
              DatabaseOptions.builder(database.uri(), Map.of())
                  .lockTimeout(Duration.ofMillis(200)));
      Load.of(hasty, ITEMS, SnapshotMode.CLEAN, rows("new"));
      assertThat(database.value("select min(v) from items")).isEqualTo("new");
    }
    assertThat(oid()).isEqualTo(id);
  }

  @Test
  void waitsForAShortLockAndSwaps() throws Exception {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    var id = oid();
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
    CompletableFuture<Void> finished;
    try (Connection reader = database.connect();
        var statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("lock table items in access share mode");
      finished =
          load.writer().finish(new Handover(Load.RESUME, Load.AHEAD_UNTIL), s -> {}).toFuture();
      awaitWaiting("items");
    }
    finished.get();
    load.close();
    assertThat(oid()).isNotEqualTo(id);
    assertThat(database.value("select min(v) from items")).isEqualTo("new");
  }

  @Test
  void aViewThatIsCreatedDuringTheLoadMakesItAnUpdateInPlace() {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    var id = oid();
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
    database.execute("create view w as select * from items");
    load.finish().close();
    assertThat(oid()).isEqualTo(id);
    assertThat(database.value("select min(v) from w")).isEqualTo("new");
    assertThat(tables()).isEqualTo("items");
  }

  @Test
  void anIndexThatIsCreatedDuringTheLoadIsNotLost() {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
    database.execute("create index late on items (v)");
    load.finish().close();
    assertThat(database.value("select count(*) from pg_indexes where indexname = 'late'"))
        .isEqualTo("1");
    assertThat(database.value("select min(v) from items")).isEqualTo("new");
  }

  // Roles.

  @Test
  void theOwnersMemberSwapsAndTheOwnerStays() {
    database.execute("alter table items owner to keeper", "grant select on items to reader");
    var before = CatalogPicture.of(database, "items");
    var id = oid();
    Load.of(postgres.connectAsKeeper(database), ITEMS, SnapshotMode.CLEAN, rows("new"));
    assertThat(oid()).isNotEqualTo(id);
    assertThat(CatalogPicture.of(database, "items")).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRoleThatOnlyWritesRowsUpdatesInPlace(boolean mayCreate) {
    var keeper = postgres.connectAsKeeper(database);
    database.execute("grant select, insert, update, delete on items to keeper");
    if (!mayCreate) {
      database.execute("revoke create on schema public from keeper, public");
    }
    var id = oid();
    Load.of(keeper, ITEMS, SnapshotMode.CLEAN, rows("new"));
    Load.of(keeper, ITEMS, SnapshotMode.CLEAN, rows("newer"));
    assertThat(oid()).isEqualTo(id);
    assertThat(database.value("select min(v) || count(*) from items")).isEqualTo("newer" + ROWS);
    assertThat(
            database.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"insert", "update", "delete"})
  void rowsThatATriggerKeepsOutOrInFailIt(String operation) {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    database.execute(
        "insert into items values (1000000, 'surplus')",
        "delete from items where v = (select min(v) from items) and id = (select min(id) from items)",
        "update items set v = 'another' where id = (select min(id) from items)",
        "create view looking as select * from items",
        "create function suppress() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger suppressed before %s on items for each row execute function suppress()"
            .formatted(operation));
    assertThatThrownBy(() -> Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old")))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("P0002");
              assertThat(e.hint())
                  .startsWith("ALTER TABLE public.items DISABLE TRIGGER suppressed;");
            });
    database.execute("alter table items disable trigger suppressed");
    Load.of(target, ITEMS, SnapshotMode.CLEAN, rows("old"));
    assertThat(database.value("select count(*) from items")).isEqualTo("" + ROWS);
  }

  @Test
  void aRoleThatMayNotWriteIsToldWhatItNeeds() {
    var keeper = postgres.connectAsKeeper(database);
    database.execute("grant select on items to keeper");
    assertThatThrownBy(() -> Load.of(keeper, ITEMS, SnapshotMode.CLEAN, rows("new")))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint())
                  .startsWith("GRANT INSERT, UPDATE, DELETE, TRUNCATE ON public.items TO keeper;");
            });
    assertThat(tables()).isEqualTo("items");
  }

  @Test
  void nobodySeesTheRowsOfATableThatIsBeingLoaded() {
    database.execute("alter default privileges in schema public grant select on tables to reader");
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
    assertThat(
            database.value(
                "select bool_or(has_table_privilege('reader', oid, 'select')) from pg_class"
                    + " where relname like '\\_creek\\_snap%'"))
        .isEqualTo("f");
    load.close();
  }

  // Cancellation.

  @Test
  void cancelledWhileItCopiesItLeavesNothingBehind() throws SQLException {
    database.execute("insert into items values (1, 'a')");
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN);
    String fresh =
        database.value(
            "select relname from pg_class where relname like '\\_creek\\_snap%' and relkind = 'r'");
    try (Connection other = database.connect();
        var statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table " + fresh + " in exclusive mode");
      var writing =
          load.writer()
              .prepare(load.messages(rows("new")))
              .flatMap(load.writer()::write)
              .subscribe();
      awaitWaiting(fresh);
      writing.dispose();
      other.rollback();
    }
    load.close();
    assertThat(tables()).isEqualTo("items");
    assertUsable();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cancelledWhileItFinishesItLeavesTheOldRows(boolean inPlace) throws SQLException {
    database.execute("insert into items values (1, 'a')");
    if (inPlace) {
      database.execute("create view w as select * from items");
    }
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
    try (Connection other = database.connect();
        var statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table items in exclusive mode");
      var finishing =
          load.writer().finish(new Handover(Load.RESUME, Load.AHEAD_UNTIL), s -> {}).subscribe();
      awaitWaiting("items");
      finishing.dispose();
      other.rollback();
    }
    load.close();
    assertThat(tables()).isEqualTo("items");
    assertThat(database.value("select string_agg(v, '') from items")).isEqualTo("a");
    assertThat(load.stored()).isEqualTo(Position.NONE);
    assertUsable();
  }

  @Test
  void cancelledAtTheFirstSignOfEachStepItLeavesTheOldRows() {
    database.execute("insert into items values (1, 'a')");
    for (Step step : List.of(Step.BUILDING, Step.FINISHING)) {
      var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(rows("new"));
      var cancel = Sinks.<Void>empty();
      await(
          load.writer()
              .finish(
                  new Handover(Load.RESUME, Load.AHEAD_UNTIL),
                  begun -> {
                    if (begun == step) {
                      cancel.tryEmitEmpty();
                    }
                  })
              .takeUntilOther(cancel.asMono()));
      load.close();
      assertThat(tables()).isEqualTo("items");
      assertThat(database.value("select string_agg(v, '') from items")).isEqualTo("a");
    }
    assertUsable();
  }

  @Test
  void cancelledWhileItIsOpenedItLeavesNothingBehind() throws SQLException {
    var load = new Load(target, ITEMS);
    var shape = ITEMS.walSchema().after();
    try (Connection other = database.connect();
        var statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table items in access exclusive mode");
      var opening = target.snapshots().writer(load.claim, SnapshotMode.CLEAN, shape).subscribe();
      awaitWaiting("items");
      opening.dispose();
      other.rollback();
    }
    Awaitility.await().until(() -> tables().equals("items"));
    assertUsable();
  }

  private void awaitWaiting(String table) {
    Awaitility.await()
        .until(
            () ->
                !database
                    .value(
                        "select count(*) from pg_locks where not granted and relation = '"
                            + table
                            + "'::regclass")
                    .equals("0"));
  }

  /** As many as the pool has connections, and none waits for what was cancelled. */
  private void assertUsable() {
    assertThat(
            await(
                Flux.range(0, 8)
                    .flatMap(i -> target.subscriptions().all().then().thenReturn(i), 8)))
        .hasSize(8);
  }
}
