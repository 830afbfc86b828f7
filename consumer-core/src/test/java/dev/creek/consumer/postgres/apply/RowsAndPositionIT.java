package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Batches of each kind of change: the rows that they leave, and the position. */
final class RowsAndPositionIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void appliesEveryOperationAndCountsThemAsTheWireTellsThem() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    var applied =
        line.apply(
            ITEMS.insert(tx, 1, "a"),
            ITEMS.insert(tx, 2, "b"),
            ITEMS.insert(tx, 3, null),
            ITEMS.update(tx, 1, "A"),
            ITEMS.update(tx, Map.of("id", 2), Map.of("id", 4, "v", "d")),
            ITEMS.delete(tx, Map.of("id", 3)));
    assertThat(database.rows("items")).isEqualTo("(1,A) (4,d)");
    assertThat(applied).isEqualTo(new Applied(applied.position(), 3, 2, 1, 0));
    assertThat(line.stored()).isEqualTo(applied.position());
    assertThat(line.stored().sequence()).isEqualTo(6);
    assertThat(line.stored().stream()).isEqualTo(Line.STREAM);
    assertThat(line.stored().committedAt()).isEqualTo(tx.committedAt());
  }

  @Test
  void upsertsInsertsThatAreAppliedAgain() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    for (int again = 0; again < 2; again++) {
      line.apply(ITEMS.insert(tx, 1, "A"), ITEMS.insert(tx, 2, "b"), ITEMS.insert(tx, 3, "c"));
      assertThat(database.rows("items")).isEqualTo("(1,A) (2,b) (3,c)");
    }
    line.applyPart(ITEMS.insert(tx, 3, "C"), ITEMS.insert(tx, 4, "d"));
    line.restart();
    line.applyPart(ITEMS.insert(tx, 3, "C"), ITEMS.insert(tx, 4, "d"));
    line.apply(ITEMS.insert(tx, 5, "e"));
    assertThat(database.rows("items")).isEqualTo("(1,A) (2,b) (3,C) (4,d) (5,e)");
  }

  @Test
  void insertsRowsThatAreNewWithoutLookingForThem() {
    var line = Items.line(database);
    // PostgreSQL refuses ON CONFLICT for a table with such a rule.
    database.execute("create rule no_updates as on update to items do instead nothing");
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(database.rows("items")).isEqualTo("(1,a) (2,b)");
  }

  @Test
  void movesThePositionAloneWhereNothingChanged() {
    var line = Items.line(database);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var moved = line.batch(true, List.of());
    assertThat(line.apply(moved).inserts()).isZero();
    assertThat(line.stored().sequence()).isEqualTo(1);
    assertThat(database.value("select rows_applied from _creek_consumer.subscriptions"))
        .isEqualTo("1");
  }

  @Test
  void writesRowsWithDeletesOnlyUpsertsOnlyBothAndNeither() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(ITEMS.delete(tx, Map.of("id", 1)));
    assertThat(database.rows("items")).isEqualTo("(2,b)");
    line.apply(ITEMS.delete(tx, Map.of("id", 2)), ITEMS.insert(tx, 3, "c"));
    assertThat(database.rows("items")).isEqualTo("(3,c)");
    line.apply(ITEMS.update(tx, 3, "C"));
    assertThat(database.rows("items")).isEqualTo("(3,C)");
  }

  @Test
  void preparesOneStatementForBatchesOfAnySize() {
    database.execute("create table items (id int primary key, v text)");
    var line = database.line(ITEMS);
    // Statements belong to a connection: one that both the writer and the test use.
    var options = DatabaseOptions.builder(database.uri(), Map.of()).poolSize(1).build();
    var sessions = new Sessions(options);
    var subscriptions = new SubscriptionTable(sessions, options);
    var writer =
        new PostgresTableWriter(
            sessions,
            subscriptions,
            new ManyTables(sessions, subscriptions),
            line.claim(),
            SchemaPolicy.STOP,
            Mono.empty());
    for (int size = 1; size <= 40; size += 13) {
      var tx = WalTx.of(size);
      int first = 100 * size;
      var batch =
          line.batch(
              IntStream.range(first, first + size)
                  .mapToObj(i -> ITEMS.insert(tx, i, "x"))
                  .toArray(WalBytes[]::new));
      await(writer.prepare(batch).flatMap(writer::apply));
    }
    var prepared =
        await(
            sessions.use(
                "prepared statements",
                session ->
                    session
                        .query(
                            "select generic_plans + custom_plans from pg_prepared_statements"
                                + " where statement like '%insert into \"public\".\"items\"%'",
                            statement -> {}, row -> row.get(0, Long.class))
                        .collectList()));
    await(sessions.close());
    assertThat(prepared).containsExactly(4L);
    assertThat(database.rows("(select count(*) from items)")).isEqualTo("(82)");
  }

  @Test
  void survivesManyOpenLinesOnFewConnections() {
    var few =
        database.connect(DatabaseOptions.builder(database.uri(), Map.of()).poolSize(2).build());
    var lines =
        IntStream.range(0, 6)
            .mapToObj(
                i -> {
                  database.execute("create table t" + i + " (id int primary key, v text)");
                  var wire =
                      TableWire.of("app", "t" + i).column("id", "int4", KEY).column("v", "text");
                  return new Line(few, wire);
                })
            .toList();
    var all =
        Flux.fromIterable(lines)
            .flatMap(
                line ->
                    Flux.range(0, 50)
                        .concatMap(
                            n -> line.applying(line.batch(line.wire.insert(WalTx.of(n), n, "x")))),
                6);
    assertThat(await(all)).hasSize(300);
    lines.forEach(line -> assertThat(line.stored().sequence()).isEqualTo(50));
  }
}
