package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Changes whose rows a target does not have, from a real source. */
final class MissingRowsFlowIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();

  private void awaitValue(String sql, String expected) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(target.value(sql)).isEqualTo(expected));
  }

  private static String rows(String table) {
    return "select coalesce(string_agg(r::text, ' ' order by r::text), '') from " + table + " r";
  }

  private static String subscription(String column) {
    return "select " + column + " from _creek_consumer.subscriptions";
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void aColumnWithADefaultStopsATableWithoutAKeyInsteadOfDoublingItsRows(Generation generation)
      throws Throwable {
    source.execute("create table nk (a int, b text)", "alter table nk replica identity full");
    target.execute("create table nk (a int, b text)");
    path.produce(generation);
    consumer.tables().add(path.mapping("nk")).block(PATIENCE);
    path.running(
        () -> {
          source.execute("insert into nk values (1, 'x'), (2, 'y'), (3, 'z')");
          awaitValue(rows("nk"), "(1,x) (2,y) (3,z)");
          source.execute(
              "alter table nk add column flag boolean not null default false",
              "update nk set b = 'X' where a = 1",
              "delete from nk where a = 2",
              "update nk set b = 'Z' where a = 3");
          awaitValue(subscription("state"), "failed");
          assertThat(target.value(subscription("hint"))).contains("ADD COLUMN \"flag\" bool");
          target.execute("alter table nk add column flag bool");
          awaitValue(subscription("reason like '%\"a\", \"b\", \"flag\"%'"), "t");
          assertThat(target.value(subscription("state"))).isEqualTo("failed");
          assertThat(target.value(subscription("hint"))).contains("UPDATE \"public\".\"nk\" SET");
          assertThat(target.value(rows("nk"))).isEqualTo("(1,x,) (2,y,) (3,z,)");
          target.execute("update nk set flag = false where flag is null");
          awaitValue(rows("nk"), "(1,X,f) (3,Z,f)");
          awaitValue(subscription("state"), "streaming");
        });
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void aRowThatOthersDeletedIsWrittenAndTheTableIsMarkedUntilASnapshot(Generation generation)
      throws Throwable {
    source.execute("create table items (id int primary key, v text)");
    target.execute("create table items (id int primary key, v text, own text default 'new')");
    path.produce(generation);
    consumer.tables().add(path.mapping("items")).block(PATIENCE);
    path.running(
        () -> {
          source.execute("insert into items values (1, 'a'), (2, 'b'), (3, 'c')");
          awaitValue(rows("items"), "(1,a,new) (2,b,new) (3,c,new)");
          target.execute("delete from items where id < 3", "update items set own = 'mine'");
          source.execute(
              "update items set v = 'A' where id = 1",
              "delete from items where id = 2",
              "update items set id = 4 where id = 3");
          awaitValue(rows("items"), "(1,A,new) (4,c,mine)");
          awaitValue(
              "select count(*) from _creek_consumer.incompleteness where cause = 'missed_rows'",
              "1");
          awaitValue(subscription("state"), "streaming");
        });
    consumer
        .snapshots()
        .take(path.mapping("items"), SnapshotMode.CLEAN)
        .collectList()
        .block(PATIENCE);
    assertThat(target.value("select count(*) from _creek_consumer.incompleteness")).isEqualTo("0");
  }
}
