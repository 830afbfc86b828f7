package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches of new rows that are large enough for COPY, and what becomes of them where it fails. */
final class CopiedBatchesIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  /** More than it takes. */
  private static final int ROWS = 600;

  private static final WalTx TX = WalTx.of(1);
  private static final String COUNTED = "select rows_applied from _creek_consumer.subscriptions";
  private static final Duration LIMIT = Patience.LIMIT;

  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  @BeforeEach
  void countStatements() {
    database.execute(
        "create table items (id int primary key, v text)",
        "create table statements (n int generated always as identity, word text)",
        """
        create function note() returns trigger language plpgsql security definer as $$
        begin
            insert into public.statements (word)
            values (case when current_query() like '%; copy %' or current_query() like 'copy %' then 'copy' else 'insert' end);
            return null;
        end $$""",
        "create trigger note after insert on items for each statement execute function note()");
  }

  private static WalBytes[] inserts(int from, String v) {
    return IntStream.range(from, from + ROWS)
        .mapToObj(id -> ITEMS.insert(TX, id, v))
        .toArray(WalBytes[]::new);
  }

  /** How many rows there are, their first and their last value. */
  private String rows() {
    return database.value("select concat_ws(' ', count(*), min(v), max(v)) from items");
  }

  /** How those got there that are there. */
  private String statements() {
    return database.value("select coalesce(string_agg(word, ' ' order by n), '') from statements");
  }

  @Test
  void copiesRowsWithTheirPosition() {
    var line = database.line(ITEMS);
    var applied = line.apply(inserts(0, "a"));
    assertThat(applied.inserts()).isEqualTo(ROWS);
    assertThat(line.stored()).isEqualTo(applied.position());
    assertThat(rows()).isEqualTo("600 a a");
    line.apply(ITEMS.insert(TX, 1000, "b"));
    line.apply(inserts(2000, "c"));
    assertThat(rows()).isEqualTo("1201 a c");
    assertThat(statements()).isEqualTo("copy insert copy");
    assertThat(database.value(COUNTED)).isEqualTo("1201");
  }

  @Test
  void copiesPartsOfALongTransaction() {
    var line = database.line(ITEMS);
    assertThat(line.applyPart(inserts(0, "a"))).isNull();
    assertThat(line.applyPart(inserts(1000, "b"))).isNull();
    assertThat(rows()).isEqualTo("0");
    assertThat(line.apply(ITEMS.insert(TX, 2000, "c")).inserts()).isEqualTo(2 * ROWS + 1);
    assertThat(rows()).isEqualTo("1201 a c");
    assertThat(statements()).isEqualTo("copy copy insert");
  }

  @Test
  void upsertsRowsThatAreThereAfterAllAndThenCopiesNoneForAWhile() {
    var line = database.line(ITEMS);
    line.apply(ITEMS.insert(TX, 599, "old"));
    line.apply(inserts(0, "a"));
    assertThat(rows()).isEqualTo("600 a a");
    line.apply(inserts(0, "b"));
    assertThat(rows()).isEqualTo("600 b b");
    assertThat(line.applyPart(inserts(1000, "c"))).isNull();
    assertThat(line.apply(inserts(0, "d")).inserts()).isEqualTo(2 * ROWS);
    assertThat(rows()).isEqualTo("1200 c d");
    assertThat(statements()).doesNotContain("copy");
  }

  @Test
  void upsertsPartsWhoseRowsAreThereAfterAll() {
    var line = database.line(ITEMS);
    line.apply(ITEMS.insert(TX, 599, "old"));
    assertThat(line.applyPart(inserts(0, "a"))).isNull();
    assertThat(line.apply(ITEMS.insert(TX, 1000, "b")).inserts()).isEqualTo(ROWS + 1);
    assertThat(rows()).isEqualTo("601 a b");
    assertThat(line.stored().sequence()).isEqualTo(ROWS + 2);
  }

  @Test
  void copiesNothingPastPoliciesThatCameLater() {
    database.execute(
        "drop role if exists under_policies",
        "create role under_policies login password 'x'",
        "grant usage on schema _creek_consumer to under_policies",
        "grant select, insert, update on all tables in schema _creek_consumer to under_policies",
        "grant select, insert, update, delete on items to under_policies",
        "create policy anything on items using (true)");
    var target = database.connect(DatabaseOptions.of(database.uriAs("under_policies", "x")));
    var line = new Line(target, ITEMS);
    line.apply(inserts(0, "a"));
    database.execute("alter table items enable row level security");
    var more = line.batch(inserts(1000, "b"));
    assertThatThrownBy(() -> line.apply(more))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("42501"));
    assertThat(rows()).isEqualTo("600 a a");
    database.execute("alter role under_policies bypassrls");
    line.restart();
    line.apply(inserts(2000, "c"));
    assertThat(rows()).isEqualTo("1200 a c");
    assertThat(statements()).isEqualTo("copy copy");
    await(target.close());
    database.execute("drop owned by under_policies", "drop role under_policies");
  }

  @Test
  void insertsIntoATableWithRules() {
    database.execute("create rule nothing as on update to items do instead nothing");
    var line = database.line(ITEMS);
    line.apply(inserts(0, "a"));
    assertThat(rows()).isEqualTo("600 a a");
    assertThat(statements()).isEqualTo("insert");
  }

  @Test
  void saysOfARowThatIsRefusedWhatTheInsertSays() {
    database.execute("alter table items add constraint calm check (v <> 'secret')");
    var line = database.line(ITEMS);
    var messages = inserts(0, "a");
    messages[300] = ITEMS.insert(TX, 300, "secret");
    var batch = line.batch(messages);
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("23514");
              assertThat(e.constraint()).isEqualTo("calm");
              assertThat(e).hasMessageNotContaining("secret");
            });
    assertThat(rows()).isEqualTo("0");
    assertThat(line.stored().sequence()).isZero();
  }

  @Test
  void appliesInOrderWhereOnlyTheCommitFindsThatItMatters() {
    database.execute(
        "alter table items add parent int references items deferrable initially deferred");
    var wire = ITEMS.column("parent", "int4");
    var line = database.line(wire);
    var messages =
        IntStream.range(0, ROWS)
            .mapToObj(id -> wire.insert(TX, id, "a", id == 5 ? 7000 : null))
            .toArray(WalBytes[]::new);
    var orphan = line.batch(messages);
    assertThatThrownBy(() -> line.apply(orphan))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23503"));
    assertThat(rows()).isEqualTo("0");
    assertThat(line.stored().sequence()).isZero();
    line.restart();
    messages[6] = wire.insert(TX, 7000, "b", null);
    line.apply(messages);
    assertThat(rows()).isEqualTo("600 a b");
  }

  @Test
  void copiesNothingOnceAnotherHasClaimed() {
    var zombie = database.line(ITEMS);
    zombie.apply(ITEMS.insert(TX, 1, "a"));
    var position = zombie.stored();
    await(database.target().tables().claim(zombie.mapping));
    var late = zombie.batch(inserts(1000, "b"));
    assertThatThrownBy(() -> zombie.apply(late)).isInstanceOf(FencedException.class);
    assertThat(rows()).isEqualTo("1 a a");
    assertThat(zombie.stored()).isEqualTo(position);
  }

  @Test
  void copiesNothingWhereAnotherClaimsWhileItWaits() throws SQLException {
    var line = database.line(ITEMS);
    line.apply(inserts(0, "a"));
    var position = line.stored();
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("update _creek_consumer.subscriptions set epoch = epoch + 1");
      var running = line.applying(line.batch(inserts(1000, "b"))).toFuture();
      Awaitility.await().atMost(LIMIT).until(() -> waiting() > 0);
      other.commit();
      assertThat(running)
          .failsWithin(LIMIT)
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(FencedException.class)
          .withMessageContaining("claimed by another");
    }
    assertThat(rows()).isEqualTo("600 a a");
    assertThat(line.stored()).isEqualTo(position);
  }

  @Test
  void copiesNothingBehindAPositionThatACrashTookBack() {
    var line = database.line(ITEMS);
    line.apply(inserts(0, "a"));
    database.execute("update _creek_consumer.subscriptions set stream_seq = stream_seq - 1");
    var late = line.batch(inserts(1000, "b"));
    assertThatThrownBy(() -> line.apply(late)).isInstanceOf(FencedException.class);
    assertThat(rows()).isEqualTo("600 a a");
  }

  /** The first is what moving the position says where it touches no row. */
  @ParameterizedTest
  @CsvSource({
    "22P02, perform new.v::int",
    "22012, perform 1 / (new.id - 300)",
    "P0001, raise 'no'"
  })
  void tellsAnErrorOfTheTableAsSuchAndLeavesAllAsItWas(String state, String statement) {
    var line = database.line(ITEMS);
    line.apply(inserts(1000, "a"));
    var position = line.stored();
    database.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin "
            + statement
            + "; return new; end $$",
        "create trigger refuse before insert on items for each row execute function refuse()");
    var batch = line.batch(inserts(0, "b"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo(state));
    assertThat(rows()).isEqualTo("600 a a");
    assertThat(line.stored()).isEqualTo(position);
    database.execute("drop trigger refuse on items");
    line.restart();
    line.apply(inserts(2000, "c"));
    assertThat(rows()).isEqualTo("1200 a c");
    assertThat(database.value(COUNTED)).isEqualTo("1200");
  }

  @Test
  void storesWhatTheInsertStores() {
    database.execute(
        "create table \"it's \\ odd\" (like items including all)",
        "create table inserted (like items including all)",
        "create trigger note after insert on \"it's \\ odd\" for each statement execute function note()",
        "create rule nothing as on update to inserted do instead nothing");
    for (String table : List.of("it's \\ odd", "inserted")) {
      var line = database.line(ITEMS, new TargetTable("public", table));
      var messages = inserts(0, "a");
      messages[7] = ITEMS.insert(WalTx.of(9), 7, "later");
      line.apply(messages);
    }
    assertThat(statements()).isEqualTo("copy");
    assertThat(
            database.value(
                """
                select count(distinct s) || ' ' || min(s) from (
                    select concat_ws(' ', lsn, timestamp, stream_name, stream_created, stream_seq,
                                     rows_applied, ahead_until, epoch, gap, tx_id,
                                     last_change_at is null, updated_at is null) as s
                    from _creek_consumer.subscriptions) stored"""))
        .isEqualTo(
            "1 2/80000100 2024-05-01 10:00:00.001+00 CREEK_wal 2024-01-01T00:00:00.123456789Z 600"
                + " 600 2024-05-01 10:00:00.009+00 1 f f");
  }

  @Test
  void dropsACopyThatIsStillWaitingWhenItIsClosed() throws SQLException {
    var line = database.line(ITEMS);
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items in share mode");
      var running = line.applying(line.batch(inserts(0, "a"))).subscribe();
      Awaitility.await().atMost(LIMIT).until(() -> waiting() > 0);
      running.dispose();
      await(line.writer().close());
      Awaitility.await().atMost(LIMIT).until(() -> waiting() == 0);
    }
    assertThat(rows()).isEqualTo("0");
    line.reclaim();
    line.apply(inserts(0, "b"));
    assertThat(rows()).isEqualTo("600 b b");
  }

  private int waiting() {
    return Integer.parseInt(
        database.value(
            """
            select count(*) from pg_stat_activity
            where wait_event_type = 'Lock' and datname = current_database()"""));
  }

  @Test
  void keepsWhatTheSourceSaysOfIdentitiesAndLeavesGeneratedColumnsAlone() {
    database.execute(
        "alter table items add serial int generated always as identity,"
            + " add twice text generated always as (v || v) stored");
    var wire = ITEMS.column("serial", "int4").column("twice", "text");
    var line = database.line(wire);
    line.apply(
        IntStream.range(0, ROWS)
            .mapToObj(id -> wire.insert(TX, id, "a", 10_000 + id, "bb"))
            .toArray(WalBytes[]::new));
    assertThat(
            database.value("select count(*) from items where serial = id + 10000 and twice = 'aa'"))
        .isEqualTo("600");
    assertThat(statements()).isEqualTo("copy");
  }

  @Test
  void copiesWhatIsChangedAgainInTheSameBatchOnce() {
    var line = database.line(ITEMS);
    var messages = new ArrayList<>(List.of(inserts(0, "a")));
    messages.add(ITEMS.update(TX, Map.of("id", 7), Map.of("id", 7, "v", "z")));
    line.apply(messages.toArray(WalBytes[]::new));
    assertThat(rows()).isEqualTo("600 a z");
    assertThat(statements()).isEqualTo("copy");
  }
}
