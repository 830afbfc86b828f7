package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.ConsumerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.postgres.Waiting;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** A snapshot that brings only some columns to rows that are there. */
final class FilledColumnsIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items")
          .column("id", "int4", KEY)
          .column("v", "text")
          .column("n", "int4")
          .column("more", "int4");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(17);

  private Line line;
  private Load load;

  @AfterEach
  void close() {
    if (load != null) {
      load.close();
    }
  }

  /** Followed with rows 1 to 3, and then it gets columns {@code n} and {@code more}. */
  private void altered() {
    var narrow = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    database.execute("create table items (id int primary key, v text, own text default 'own')");
    line = database.line(narrow);
    database.unmark();
    line.apply(
        narrow.insert(WalTx.of(1), 1, "a"),
        narrow.insert(WalTx.of(1), 2, "b"),
        narrow.insert(WalTx.of(1), 3, "c"));
    database.execute("alter table items add column n int, add column more int");
    Waiting.await(line.writer().close());
    line = database.line(ITEMS);
    line.apply(ITEMS.insert(WalTx.of(2), 4, "d", 4, 4));
    assertThat(marks()).isEqualTo("column more, column n");
  }

  private Load filling(String... columns) {
    load = new Load(database.target(), ITEMS).fill(columns);
    return load;
  }

  private static String marks() {
    return database.value(
        "select coalesce(string_agg(trim(cause || ' ' || detail), ', ' order by cause, detail), '')"
            + " from _creek_consumer.incompleteness");
  }

  @Test
  void bringsOnlyTheseColumnsAndRowsThatAreMissing() {
    altered();
    var fill = filling("n");
    fill.begin()
        .write(row(1, "newer", 10, 100), row(2, "b", null, 200))
        .write(row(3, "c", 30, 300), row(4, "d", 4, 400), row(5, "e", 50, 500));
    assertThat(marks()).isEqualTo("column more, column n");
    fill.finish();
    assertThat(database.rows("items"))
        .isEqualTo("(1,a,own,10,) (2,b,own,,) (3,c,own,30,) (4,d,own,4,4) (5,e,own,50,500)");
    assertThat(marks()).isEqualTo("column more");
    assertThat(fill.stored().sequence()).isEqualTo(Load.RESUME.sequence());
  }

  @Test
  void leavesNothingToBeMarkedAgain() {
    altered();
    filling("n", "more")
        .begin()
        .write(row(1, "a", 10, 100), row(2, "b", 20, 200))
        .write(row(3, "c", 30, 300), row(4, "d", 4, 4))
        .finish();
    assertThat(marks()).isEmpty();
    look();
    line.restart();
    line.apply(ITEMS.update(WalTx.of(9000), 1, "later", 11, 101));
    look();
    assertThat(marks()).isEmpty();
    assertThat(database.rows("items")).startsWith("(1,later,own,11,101) ");
  }

  private void look() {
    line.reclaim();
    Waiting.await(database.target().tables().look(List.of(line.claim())));
  }

  /** Nobody has looked at it since it was added: no change has had it yet. */
  @Test
  void aColumnThatIsFilledBeforeAChangeHasItIsNeverMarkedAndAnotherOneIs() {
    var narrow = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    database.execute("create table items (id int primary key, v text)");
    line = database.line(narrow);
    database.unmark();
    line.apply(narrow.insert(WalTx.of(1), 1, "a"));
    database.execute("alter table items add column n int, add column more int");
    filling("n").begin().write(row(1, "a", 10, 100)).finish();
    Waiting.await(line.writer().close());
    line = database.line(ITEMS);
    line.apply(ITEMS.insert(WalTx.of(9000), 2, "b", 20, 200));
    assertThat(marks()).isEqualTo("column more");
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aColumnThatIsAddedAgainMeanwhileStaysMarked(boolean noticed) {
    altered();
    var fill = filling("n").begin().write(row(1, "a", 10, 100));
    database.execute("alter table items drop column n, add column n int");
    if (noticed) {
      Waiting.await(database.target().tables().look(List.of(fill.claim)));
    }
    fill.write(row(2, "b", 20, 200));
    assertThatThrownBy(fill::finish)
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("dropped or added again while they were filled");
    fill.close();
    look();
    assertThat(marks()).isEqualTo("column more, column n");
    assertThat(database.rows("items")).startsWith("(1,a,own,,) (2,b,own,,20) (3,c,own,,)");
  }

  @Test
  void aTableThatIsReplacedMeanwhileIsNotTakenForFilled() {
    altered();
    var fill = filling("n").begin().write(row(1, "a", 10, 100));
    database.execute(
        "alter table items rename to gone",
        "create table items (id int primary key, v text, n int, more int)");
    assertThatThrownBy(fill::finish).isInstanceOf(ConsumerException.class);
    fill.close();
    look();
    assertThat(marks()).contains("recreated").contains("column n");
  }

  @Test
  void aThinSnapshotLeavesTheMark() {
    altered();
    var fill = filling("n").begin().write(row(1, "a", 10, 100));
    Waiting.await(
        fill.writer()
            .finish(
                new Handover(Load.RESUME, Load.AHEAD_UNTIL)
                    .with(new Incompleteness(Cause.THIN_SNAPSHOT, "why")),
                step -> {}));
    assertThat(marks()).isEqualTo("column more, column n, thin_snapshot");
  }

  /** The producer leaves out rows that it cannot encode, and says so to nobody. */
  @Test
  void aRowThatTheSnapshotLacksLeavesTheMarkWithTheirNumber() {
    altered();
    var fill = filling("n").begin().write(row(1, "a", 10, 100), row(4, "d", 4, 4));
    Doubts doubts = finishDoubted(fill);
    assertThat(marks()).isEqualTo("column more, column n");
    assertThat(
            database.value("select reason from _creek_consumer.incompleteness where detail = 'n'"))
        .contains("column \"n\" lacked 2 rows that are here")
        .isEqualTo(doubts.reasons.get(0));
    look();
    line.restart();
    line.apply(ITEMS.update(WalTx.of(9000), 2, "b", 20, 200));
    look();
    assertThat(marks()).isEqualTo("column more, column n");
    load.close();
    filling("n")
        .begin()
        .write(row(1, "a", 10, 100), row(2, "b", 20, 200))
        .write(row(3, "c", 30, 300), row(4, "d", 4, 4))
        .finish();
    assertThat(marks()).isEqualTo("column more");
  }

  /** The doubts of a fill. */
  private static final class Doubts implements SnapshotWriter.Finishing {
    private final List<String> reasons = new ArrayList<>();
    private final List<Mono<Boolean>> settling = new ArrayList<>();

    @Override
    public void begins(Step step) {}

    @Override
    public void doubts(String reason, Mono<Boolean> settled) {
      reasons.add(reason);
      settling.add(settled);
    }

    boolean settled() {
      return Waiting.await(settling.get(0));
    }
  }

  private static Doubts finishDoubted(Load fill) {
    var doubts = new Doubts();
    Waiting.await(fill.writer().finish(new Handover(Load.RESUME, Load.AHEAD_UNTIL), doubts));
    fill.close();
    return doubts;
  }

  /** Their deletes, or later versions of them, had not come yet. */
  @Test
  void rowsThatWereDeletedBeforeTheSnapshotAreNoDoubtOnceTheirDeletesHaveCome() {
    altered();
    Doubts doubts =
        finishDoubted(filling("n").begin().write(row(1, "a", 10, 100), row(4, "d", 4, 4)));
    assertThat(doubts.settled()).isFalse();
    line.restart();
    line.apply(ITEMS.delete(WalTx.of(9000), Map.of("id", 2)));
    assertThat(doubts.settled()).isFalse();
    assertThat(marks()).isEqualTo("column more, column n");
    line.apply(ITEMS.update(WalTx.of(9001), 3, "c", 30, 300));
    assertThat(doubts.settled()).isTrue();
    assertThat(marks()).isEqualTo("column more");
    look();
    assertThat(marks()).isEqualTo("column more");
  }

  @Test
  void aSnapshotWithoutRowsIsNoDoubtOnceAllRowsAreDeleted() {
    altered();
    Doubts doubts = finishDoubted(filling("n").begin());
    line.restart();
    for (int id = 1; id <= 4; id++) {
      line.apply(ITEMS.delete(WalTx.of(9000 + id), Map.of("id", id)));
    }
    line.apply(ITEMS.insert(WalTx.of(9010), 7, "new", 70, 700));
    assertThat(doubts.settled()).isTrue();
    assertThat(marks()).isEqualTo("column more");
  }

  /** Changes from before the source had the column have written rows without its value. */
  @Test
  void aMarkThatIsSetAgainMeanwhileStays() {
    altered();
    Doubts doubts =
        finishDoubted(filling("n").begin().write(row(1, "a", 10, 100), row(4, "d", 4, 4)));
    var narrow = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    Waiting.await(line.writer().close());
    database.execute("update _creek_consumer.subscriptions set schema_changes = 'add'");
    line = database.line(narrow);
    line.apply(
        narrow.delete(WalTx.of(9000), Map.of("id", 2)),
        narrow.delete(WalTx.of(9000), Map.of("id", 3)),
        narrow.delete(WalTx.of(9000), Map.of("id", 4)),
        narrow.insert(WalTx.of(9000), 4, "again"));
    Waiting.await(line.writer().close());
    line = database.line(ITEMS);
    line.apply(ITEMS.insert(WalTx.of(9001), 5, "e", 50, 500));
    assertThat(doubts.settled()).isFalse();
    assertThat(marks()).isEqualTo("column more, column n");
    assertThat(
            database.value("select reason from _creek_consumer.incompleteness where detail = 'n'"))
        .contains("was added to existing rows");
  }

  @Test
  void aColumnThatIsAddedAgainMeanwhileIsNoLongerTheFilledOne() {
    altered();
    Doubts doubts =
        finishDoubted(filling("n").begin().write(row(1, "a", 10, 100), row(4, "d", 4, 4)));
    database.execute(
        "delete from items where id in (2, 3)",
        "alter table items drop column n, add column n int");
    assertThat(doubts.settled()).isFalse();
    assertThat(marks()).isEqualTo("column more, column n");
  }

  /** Rows that the snapshot has, rows that were written since, and rows that are frozen. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void theMarkIsClearedIfAndOnlyIfEachRowWasWritten(long seed) {
    var random = new Random(seed);
    database.execute(
        "create table items (id int primary key, v text, n int, more int)",
        "insert into items select i, 'v' from generate_series(1, 60) i",
        "insert into _creek_consumer.incompleteness (target, cause, detail, reason)"
            + " values ('public.items', 'column', 'n', 'why')");
    if (random.nextBoolean()) {
      database.execute("vacuum freeze items");
    }
    int odds = 1 + random.nextInt(30);
    List<Object[]> held = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int id = 1; id <= 70; id++) {
      if (odds == 1 || random.nextInt(odds) > 0) {
        held.add(row(id, "v", id, id));
      } else if (id <= 60) {
        others.add(id);
      }
    }
    Collections.shuffle(held, random);
    var fill = filling("n").begin();
    int cut = 1 + random.nextInt(held.size());
    fill.write(held.subList(0, cut)).write(held.subList(cut, held.size()));
    long left = 0;
    for (int id : others) {
      if (random.nextBoolean()) {
        left++;
      } else if (random.nextBoolean()) {
        database.execute("delete from items where id = " + id);
      } else {
        database.execute("update items set n = 7 where id = " + id);
      }
    }
    fill.finish();
    assertThat(
            database.value(
                "select coalesce(min(substring(reason from 'lacked (\\d+) rows')), '0')"
                    + " from _creek_consumer.incompleteness where cause = 'column'"))
        .isEqualTo(Long.toString(left));
    assertThat(database.value("select count(*) from items where n is null"))
        .isEqualTo(Long.toString(left));
  }

  @Test
  void oneThatIsGivenUpLeavesTheMark() {
    altered();
    var fill = filling("n").begin().write(row(1, "a", 10, 100));
    fill.close();
    assertThat(marks()).isEqualTo("column more, column n");
    assertThat(fill.stored().sequence()).as("changes correct it").isEqualTo(77);
  }

  /** In one chunk, across chunks, and with a row that is missing. */
  @Test
  void rowsThatExchangeUniqueValuesMakeRoom() {
    altered();
    database.execute(
        "update items set n = id",
        "alter table items add unique (n), add unique (v)",
        "delete from items where id = 3");
    filling("n")
        .begin()
        .write(row(1, "b", 2, 1), row(2, "a", 1, 2))
        .write(row(3, "d", 4, 3), row(4, "c", 3, 4))
        .finish();
    assertThat(database.rows("(select id, v, n from items)"))
        .isEqualTo("(1,b,2) (2,a,1) (3,d,4) (4,c,3)");
  }

  @Test
  void rowsThatATriggerSuppressesFailInsteadOfStayingEmpty() {
    altered();
    database.execute(
        "create function suppress() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger suppressed before update on items for each row execute function suppress()");
    var fill = filling("n").begin();
    assertThatThrownBy(() -> fill.write(row(1, "a", 10, 100)))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e ->
                assertThat(e.hint())
                    .contains("creek-consumer fill 'public.items' 'n'")
                    .contains("fill('public.items', 'n')"));
    assertThat(marks()).isEqualTo("column more, column n");
  }

  @Test
  void anIdentityThatDiffersIsLeftAsItIs() {
    database.execute(
        "create table items (id int primary key, v text, n int,"
            + " more int generated always as identity (start 1000))",
        "insert into items (id, v) values (1, 'a')");
    filling("n").begin().write(row(1, "b", 10, 1)).finish();
    assertThat(database.rows("items")).isEqualTo("(1,a,10,1000)");
    load.close();
    refuses("more", "GENERATED ALWAYS AS IDENTITY", "creek-consumer resync");
  }

  private void refuses(String column, String why, String hint) {
    assertThatThrownBy(() -> filling(column))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e.getMessage()).contains("items").contains(why);
              assertThat(e.hint()).contains(hint);
            });
  }

  @Test
  void refusesWhatCannotBeFilled() {
    refuses("n", "does not exist", "creek-consumer resync");
    assertThat(database.value("select to_regclass('items')")).as("not created").isNull();
    database.execute(
        "create table items (id int primary key, v text, n int, more int, own int,"
            + " twice int generated always as (n * 2) stored)");
    refuses("id", "is of the key", "creek-consumer resync");
    refuses("N", "has no column \"N\"", "id, v, n, more, own, twice");
    refuses("own", "app.items has no column of this name", "both sides");
    refuses("twice", "is generated here", "can be written");
    database.execute("alter table items drop column n cascade");
    refuses("n", "\"n\"", "ALTER TABLE \"public\".\"items\" ADD COLUMN \"n\" int4;");
    database.execute("alter table items add n int, drop constraint items_pkey");
    refuses("n", "the table has no primary key", "snapshot --mode clean");
  }
}
