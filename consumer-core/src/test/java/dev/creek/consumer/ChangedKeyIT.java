package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source whose key changes while its table is followed. */
final class ChangedKeyIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String STATE = "select state from _creek_consumer.subscriptions";
  private static final String HINT = "select hint from _creek_consumer.subscriptions";

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private final CreekConsumer consumer = path.consumer();

  private void follow(Generation generation, String... schema) {
    source.execute(schema);
    target.execute(schema);
    producer = path.produce(generation);
    consumer.tables().add(table()).block(PATIENCE);
    path.run();
  }

  private Mapping table() {
    return path.mapping("pkc");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    TableComparison.of(source, target).table("public.pkc", "public.pkc").awaitEqual(PATIENCE);
  }

  /** Does what the hint says, once the table has stopped. */
  private String mend() {
    await().atMost(PATIENCE).until(() -> "failed".equals(target.value(STATE)));
    String hint = target.value(HINT);
    target.execute(hint.lines().toArray(String[]::new));
    return hint;
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void aKeyThatBecomesFinerStopsTheTableUntilTheTargetsIs(Generation generation) {
    follow(generation, "create table pkc (a int primary key, b int not null, v text)");
    source.execute("insert into pkc values (1, 1, 'x'), (2, 1, 'y')");
    awaitEqual();
    source.execute(
        "alter table pkc drop constraint pkc_pkey, add primary key (a, b)",
        "insert into pkc values (1, 2, 'x'), (1, 3, 'x')",
        "delete from pkc where a = 1 and b = 2");
    assertThat(mend())
        .isEqualTo(
            "ALTER TABLE \"public\".\"pkc\" DROP CONSTRAINT \"pkc_pkey\","
                + " ADD PRIMARY KEY (\"a\", \"b\");");
    awaitEqual();
    assertThat(target.value("select count(*) from pkc")).isEqualTo("3");
    source.execute("update pkc set v = 'z' where b = 1", "delete from pkc where b = 3");
    awaitEqual();
    await().atMost(PATIENCE).until(() -> "streaming".equals(target.value(STATE)));
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void soDoesOneThatBecomesCoarserOrAnother(Generation generation) {
    follow(generation, "create table pkc (a int, b int not null, v text, primary key (a, b))");
    source.execute("insert into pkc values (1, 1, 'x'), (2, 1, 'y')");
    awaitEqual();
    source.execute(
        "alter table pkc drop constraint pkc_pkey, add primary key (a)",
        "update pkc set b = 7 where a = 1",
        "delete from pkc where a = 2");
    assertThat(mend()).contains("ADD PRIMARY KEY (\"a\")");
    awaitEqual();
    source.execute(
        "create unique index by_b on pkc (b)",
        "alter table pkc replica identity using index by_b",
        "insert into pkc values (3, 3, 'z')",
        "update pkc set a = 9 where b = 7");
    assertThat(mend()).isEqualTo("ALTER TABLE \"public\".\"pkc\" ADD UNIQUE (\"b\");");
    awaitEqual();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void aKeyThatIsLostStopsTheTableAtTheFirstRowsThatMeet(Generation generation) {
    follow(generation, "create table pkc (a int primary key, b int not null, v text)");
    source.execute("insert into pkc values (1, 1, 'x')");
    awaitEqual();
    source.execute(
        "alter table pkc replica identity full",
        "alter table pkc drop constraint pkc_pkey",
        "update pkc set v = 'y'",
        "insert into pkc values (2, 2, 'y')");
    awaitEqual();
    source.execute("insert into pkc values (1, 2, 'z')", "delete from pkc where b = 1");
    await().atMost(PATIENCE).until(() -> "failed".equals(target.value(STATE)));
    assertThat(target.value(HINT)).contains("DROP CONSTRAINT \"pkc_pkey\"");
    target.execute(
        "alter table pkc drop constraint pkc_pkey", "alter table pkc alter a drop not null");
    awaitEqual();
  }
}
