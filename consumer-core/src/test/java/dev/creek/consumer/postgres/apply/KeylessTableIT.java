package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.INDEX;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tables whose rows nothing tells apart but their values. */
final class KeylessTableIT {
  private static final TableWire LOG =
      TableWire.of("app", "log").column("n", "int4").column("v", "text").identity(Identity.FULL);

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private Line log() {
    database.execute("create table log (n int, v text)");
    return database.line(LOG);
  }

  private static Map<String, Object> row(Integer n, String v) {
    var row = new HashMap<String, Object>();
    row.put("n", n);
    row.put("v", v);
    return row;
  }

  @Test
  void touchesExactlyOneOfEqualRows() {
    var line = log();
    var tx = WalTx.of(1);
    line.apply(LOG.insert(tx, 1, "a"), LOG.insert(tx, 1, "a"), LOG.insert(tx, 1, "a"));
    line.apply(LOG.delete(tx, row(1, "a")));
    assertThat(database.rows("log")).isEqualTo("(1,a) (1,a)");
    var applied = line.apply(LOG.update(tx, row(1, "a"), row(2, "b")));
    assertThat(database.rows("log")).isEqualTo("(1,a) (2,b)");
    assertThat(applied.updates()).isEqualTo(1);
    assertThat(line.stored().sequence()).isEqualTo(5);
  }

  @Test
  void findsNullsAndLeavesOthersAlone() {
    var line = log();
    var tx = WalTx.of(1);
    line.apply(
        LOG.insert(tx, 1, null),
        LOG.insert(tx, null, "a"),
        LOG.insert(tx, null, null),
        LOG.insert(tx, 1, "a"));
    line.apply(LOG.delete(tx, row(1, null)));
    assertThat(database.rows("log")).isEqualTo("(,) (,a) (1,a)");
    line.apply(LOG.delete(tx, row(null, null)), LOG.delete(tx, row(null, "a")));
    assertThat(database.rows("log")).isEqualTo("(1,a)");
  }

  @Test
  void truncatesInOrder() {
    var line = log();
    var tx = WalTx.of(1);
    line.apply(LOG.insert(tx, 1, "a"), LOG.truncate(tx), LOG.insert(tx, 2, "b"));
    assertThat(database.rows("log")).isEqualTo("(2,b)");
    line.apply(LOG.truncate(tx));
    assertThat(database.rows("log")).isEmpty();
  }

  @Test
  void appliesPartsOfALongTransaction() {
    var line = log();
    var tx = WalTx.of(1);
    line.applyPart(LOG.insert(tx, 1, "a"), LOG.insert(tx, 2, "b"));
    line.applyPart(LOG.delete(tx, row(1, "a")));
    assertThat(database.rows("log")).isEmpty();
    var applied = line.apply(LOG.insert(tx, 3, "c"));
    assertThat(database.rows("log")).isEqualTo("(2,b) (3,c)");
    assertThat(applied.inserts()).isEqualTo(3);
  }

  @Test
  void insertsLongRunsInAFewStatements() {
    var line = log();
    var tx = WalTx.of(1);
    line.apply(
        IntStream.range(0, 1200).mapToObj(i -> LOG.insert(tx, i, "x")).toArray(WalBytes[]::new));
    assertThat(database.value("select count(*) from log")).isEqualTo("1200");
  }

  @Test
  void rollsBackAllStepsWhereOneFails() {
    database.execute("create table log (n int check (n < 9), v text)");
    var line = database.line(LOG);
    var tx = WalTx.of(1);
    var batch =
        line.batch(LOG.insert(tx, 1, "a"), LOG.delete(tx, row(1, "a")), LOG.insert(tx, 9, "b"));
    assertThatThrownBy(() -> line.apply(batch)).isInstanceOf(DatabaseException.class);
    assertThat(database.rows("log")).isEmpty();
    assertThat(line.stored().sequence()).isZero();
  }

  @Test
  void comparesTypesThatHaveNoEquality() {
    var wire =
        TableWire.of("app", "log")
            .column("j", "json")
            .column("p", "text")
            .column("x", "text")
            .column("c", "text")
            .column("ja", "text[]")
            .identity(Identity.FULL);
    database.execute(
        "create type pair as (a int, j json)",
        "create table log (j json, p point, x xml, c pair, ja json[])");
    var line = database.line(wire);
    var tx = WalTx.of(1);
    Object[] one = {"{\"a\":1,\"b\":2}", "(1,2)", "<a>1</a>", "(1,{})", List.of("{\"a\":1}")};
    Object[] two = {"{\"a\":2,\"b\":2}", "(1,2)", "<a>1</a>", "(1,{})", List.of("{\"a\":1}")};
    line.apply(wire.insert(tx, one), wire.insert(tx, two));
    // The same document, written otherwise.
    database.execute("update log set j = '{ \"b\": 2, \"a\": 1 }' where j ->> 'a' = '1'");
    line.apply(wire.delete(tx, wire.row(one)));
    assertThat(database.value("select string_agg(j ->> 'a', ' ') from log")).isEqualTo("2");
  }

  @Test
  void tellsEqualRowsOfPartitionsApart() {
    database.execute(
        "create table log (n int, v text) partition by list (n)",
        "create table log1 partition of log for values in (1)",
        "create table log2 partition of log for values in (2)");
    var line = database.line(LOG);
    var tx = WalTx.of(1);
    line.apply(
        LOG.insert(tx, 1, "a"),
        LOG.insert(tx, 2, "a"),
        LOG.insert(tx, 1, "a"),
        LOG.insert(tx, 2, "a"));
    line.apply(LOG.delete(tx, row(2, "a")));
    assertThat(database.rows("log")).isEqualTo("(1,a) (1,a) (2,a)");
    line.apply(LOG.update(tx, row(1, "a"), row(2, "b")));
    assertThat(database.rows("log")).isEqualTo("(1,a) (2,a) (2,b)");
  }

  @Test
  void usesTheTargetsOwnIndexOfThatIdentityWhereThereIsOne() {
    var wire =
        TableWire.of("app", "log")
            .column("id", "int4", KEY)
            .column("code", "text", INDEX)
            .column("v", "text")
            .identity(Identity.INDEX);
    database.execute("create table log (id int primary key, code text not null unique, v text)");
    var line = database.line(wire);
    var tx = WalTx.of(1);
    line.apply(wire.insert(tx, 1, "a", "x"), wire.insert(tx, 2, "b", "y"));
    line.apply(
        wire.insert(tx, 1, "a", "x"),
        wire.update(tx, Map.of("code", "a"), Map.of("id", 5, "code", "a", "v", "z")),
        wire.delete(tx, Map.of("code", "b")));
    assertThat(database.rows("log")).isEqualTo("(5,a,z)");
  }

  @Test
  void takesInsertsOnlyWithoutAReplicaIdentity() {
    var wire = LOG.identity(Identity.NONE);
    database.execute("create table log (n int, v text)");
    var line = database.line(wire);
    line.apply(wire.insert(WalTx.of(1), 1, "a"), wire.insert(WalTx.of(2), 1, "a"));
    assertThat(database.rows("log")).isEqualTo("(1,a) (1,a)");
  }

  @Test
  void appliesNothingTwiceThatARestartedProducerPublishesAgain() {
    var line = log();
    var messages = new ArrayList<WalBytes>();
    for (int n = 1; n <= 3; n++) {
      messages.add(LOG.insert(WalTx.of(n), n, "same"));
      messages.add(LOG.insert(WalTx.of(n), n, "same"));
    }
    line.apply(messages.toArray(WalBytes[]::new));
    line.restart();
    var again = line.apply(messages.get(0), messages.get(1), messages.get(2));
    assertThat(again.inserts()).isZero();
    line.restart();
    line.apply(messages.get(3));
    line.apply(messages.get(4));
    line.restart();
    var rest =
        line.apply(
            messages.get(5), LOG.insert(WalTx.of(3), 4, "new"), LOG.insert(WalTx.of(4), 5, "new"));
    assertThat(rest.inserts()).isEqualTo(2);
    assertThat(database.rows("log"))
        .isEqualTo("(1,same) (1,same) (2,same) (2,same) (3,same) (3,same) (4,new) (5,new)");
    assertThat(database.value("select rows_applied from _creek_consumer.subscriptions"))
        .isEqualTo("8");
    assertThat(line.stored().sequence()).isEqualTo(14);
  }

  @Test
  void appliesItsVeryLastTransactionOnceWhereItsProducerBeginsWithIt() {
    var line = log();
    var tx = WalTx.of(2);
    line.apply(LOG.insert(WalTx.of(1), 1, "a"), LOG.insert(tx, 2, "b"));
    line.restart();
    line.apply(LOG.insert(tx.readFrom(0x10), 2, "b"), LOG.insert(tx.readFrom(0x10), 3, "c"));
    assertThat(database.rows("log")).isEqualTo("(1,a) (2,b) (3,c)");
    assertThat(marks()).isEmpty();
  }

  @Test
  void marksWhatMayBeItsVeryLastTransactionOnceMore() {
    var line = log();
    var tx = WalTx.of(1);
    line.apply(LOG.insert(tx, 1, "a"));
    line.restart();
    line.apply(LOG.insert(tx.later(Duration.ofSeconds(1)), 1, "a"));
    assertThat(database.rows("log")).isEqualTo("(1,a)");
    assertThat(marks()).startsWith("unproven changes came again, or seem to");
    assertThat(line.stored().sequence()).isEqualTo(2);
  }

  @Test
  void marksWhatANewProducerPublishesAgain() {
    database.execute("create table log (n int, v text)");
    var wire = LOG.generation(Generation.NEW);
    var line = database.line(wire);
    line.apply(wire.insert(WalTx.of(1), 1, "a"), wire.insert(WalTx.of(2), 2, "b"));
    assertThat(marks()).isEmpty();
    line.restart();
    line.apply(wire.insert(WalTx.of(1), 1, "a"));
    assertThat(marks()).startsWith("unproven changes came again, or seem to");
  }

  private String marks() {
    return database.value(
        "select coalesce(string_agg(cause || ' ' || reason, '; '), '') from _creek_consumer.incompleteness"
            + " where cause <> 'no_snapshot'");
  }

  @Test
  void forgetsWhatWasRolledBack() {
    var line = log();
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    line.applyPart(LOG.insert(WalTx.of(2), 2, "b"));
    line.restart();
    line.apply(LOG.insert(WalTx.of(2), 2, "b"), LOG.insert(WalTx.of(2), 3, "c"));
    assertThat(database.rows("log")).isEqualTo("(1,a) (2,b) (3,c)");
  }

  /**
   * The row that the first transaction left was taken away by the second, in a batch of its own.
   */
  @Test
  void marksWhatComesAgainBehindASnapshotWhereItsRowsContradictEachOther() {
    var line = log();
    database.execute(
        "insert into log values (1, 'b')",
        """
        update _creek_consumer.subscriptions
        set held_kind = 'snapshot', held_from = 0, held_through = 0, held_tx_id = 800,
            held_lsn = '2/90000000', held_at = '2024-05-01T10:00:01Z'
        """,
        "delete from _creek_consumer.incompleteness");
    line.restart();
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    assertThat(database.rows("log")).isEqualTo("(1,a) (1,b)");
    line.apply(LOG.update(WalTx.of(2), row(1, "a"), row(1, "b")));
    assertThat(database.rows("log")).isEqualTo("(1,a) (1,b)");
    assertThat(database.value("select string_agg(cause, ' ') from _creek_consumer.incompleteness"))
        .isEqualTo("unproven");
  }
}
