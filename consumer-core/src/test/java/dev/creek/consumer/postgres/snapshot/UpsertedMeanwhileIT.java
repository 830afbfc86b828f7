package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.postgres.Waiting;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to a table shortly before, or while, a snapshot is upserted into it. */
final class UpsertedMeanwhileIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  private static final String REPLACE =
      "alter table items rename to gone; create table items (id int primary key, v text)";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(17);

  private Load load;

  @AfterEach
  void close() {
    if (load != null) {
      load.close();
    }
  }

  /** Followed with rows 1 and 2; nobody has looked since. */
  private void followed() {
    database.execute("create table items (id int primary key, v text)");
    Line line = database.line(ITEMS);
    database.unmark();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(marks()).isEmpty();
  }

  private Load upsert() {
    load = new Load(database.target(), ITEMS).open(SnapshotMode.UPSERT);
    return load;
  }

  private static String marks() {
    return database.value(
        "select coalesce(string_agg(trim(cause || ' ' || detail), ', ' order by cause, detail), '')"
            + " from _creek_consumer.incompleteness");
  }

  @Test
  void aTableThatWasReplacedByOneWithRowsIsMarked() {
    followed();
    database.execute(REPLACE, "insert into items values (9, 'x')");
    upsert().begin().write(row(1, "a"), row(2, "b")).finish();
    assertThat(marks()).isEqualTo("recreated");
  }

  @ParameterizedTest
  @ValueSource(strings = {REPLACE, "truncate items"})
  void oneThatWasEmptiedHoldsWhatTheSnapshotHas(String statement) {
    followed();
    database.execute(statement);
    upsert().begin().write(row(1, "a"), row(2, "b")).finish();
    assertThat(marks()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {REPLACE, "truncate items"})
  void oneThatLosesTheFirstRowsMeanwhileIsMarked(String statement) {
    followed();
    var upsert = upsert().begin().write(row(1, "a"), row(2, "b"));
    database.execute(statement);
    upsert.write(row(3, "c"), row(4, "d")).finish();
    assertThat(marks()).isEqualTo("recreated");
  }

  @ParameterizedTest
  @ValueSource(strings = {REPLACE, "truncate items"})
  void soIsOneThatWasEmptyBefore(String statement) {
    database.execute("create table items (id int primary key, v text)");
    var upsert = upsert().begin().write(row(1, "a"), row(2, "b"));
    database.execute(statement);
    upsert.write(row(3, "c"), row(4, "d")).finish();
    assertThat(marks()).isEqualTo("recreated");
  }

  /** The mark of then must not hide what is seen now. */
  @ParameterizedTest
  @ValueSource(strings = {REPLACE, "truncate items"})
  void soIsOneThatWasMarkedBefore(String statement) {
    database.execute(
        "create table items (id int primary key, v text)",
        "insert into _creek_consumer.incompleteness (target, cause, reason)"
            + " values ('public.items', 'recreated', 'why')");
    var upsert = upsert().begin().write(row(1, "a"), row(2, "b"));
    database.execute(statement);
    Waiting.await(database.target().tables().look(List.of(upsert.claim)));
    upsert.write(row(3, "c"), row(4, "d")).finish();
    assertThat(marks()).isEqualTo("recreated");
  }

  @Test
  void oneThatIsWrittenAnewMeanwhileIsNot() {
    followed();
    var upsert = upsert().begin().write(row(1, "a"), row(2, "b"));
    database.execute("vacuum full items");
    upsert.write(row(3, "c"), row(4, "d")).finish();
    assertThat(marks()).isEmpty();
  }
}
