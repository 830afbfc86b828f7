package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Commands about groups of tables, carried out by a running consumer. */
final class NamedGroupCommandsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();
  private final SqlCall sql = SqlCall.of(target);

  @BeforeEach
  void create() {
    source.execute("create table items (id int primary key)", "insert into items values (1)");
    target.execute("create table items (id int primary key)");
    path.produce(Generation.NEW);
    consumer.initialize().block(PATIENCE);
  }

  private String mapping() {
    return path.mapping("items").toString();
  }

  private CommandRecord ended(long id) {
    CommandRecord record = consumer.commands().await(id, PATIENCE).block(PATIENCE);
    assertThat(record).isNotNull();
    return record;
  }

  private String group() {
    return consumer.tables().subscriptions().map(Subscription::groupName).blockFirst(PATIENCE);
  }

  @Test
  void putATableIntoAGroupAndTakeItOut() throws SQLException {
    path.run();
    long added = sql.id("add_table", mapping(), null, "o'n \"e\"");
    assertThat(ended(added).status()).isEqualTo(CommandRecord.OK);
    assertThat(group()).isEqualTo("o'n \"e\"");
    CommandRecord moved = ended(sql.id("set_group", "public.items", "two"));
    assertThat(moved.status()).isEqualTo(CommandRecord.OK);
    assertThat(moved.detail()).isEqualTo("in the group \"two\"");
    assertThat(group()).isEqualTo("two");
    CommandRecord left = ended(sql.id("set_group", "public.items", ""));
    assertThat(left.detail()).isEqualTo("in no named group");
    assertThat(consumer.tables().subscriptions().blockFirst(PATIENCE).groupName()).isNull();
  }

  @Test
  void fillATableAndPutItIntoAGroup() throws SQLException {
    path.run();
    CommandRecord filled = ended(sql.id("resync", mapping(), "logs"));
    assertThat(filled.status()).isEqualTo(CommandRecord.OK);
    assertThat(group()).isEqualTo("logs");
    assertThat(target.value("select count(*) from items")).isEqualTo("1");
  }

  @Test
  void areJudgedAgainWhenTheirTurnComes() throws SQLException {
    long first = sql.id("add_table", mapping(), null, "one");
    long second = sql.id("add_table", mapping(), null, "two");
    long missing =
        consumer
            .commands()
            .submit(new Command.SetGroup(path.mapping("no").target(), "one"))
            .block(PATIENCE);
    path.run();
    assertThat(ended(first).status()).isEqualTo(CommandRecord.OK);
    assertThat(ended(second).status())
        .contains(
            "public.items is subscribed already, in the group \"one\", and a table is in one group");
    assertThat(ended(second).attempts()).isEqualTo(1);
    assertThat(ended(missing).status()).isEqualTo("public.no is not subscribed");
    assertThat(group()).isEqualTo("one");
  }

  @Test
  void programsDoTheSameDirectly() {
    consumer.tables().add(path.mapping("items"), "one").block(PATIENCE);
    assertThat(group()).isEqualTo("one");
    assertThat(consumer.tables().setGroup(path.mapping("items").target(), "two").block(PATIENCE))
        .isTrue();
    assertThat(group()).isEqualTo("two");
    assertThat(consumer.tables().setGroup(path.mapping("no").target(), "two").block(PATIENCE))
        .isFalse();
  }
}
