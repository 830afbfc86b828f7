package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.ListenPooler;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PGInterval;

/** Commands given in SQL, and a running consumer that carries them out. */
class CommandsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase database = path.target();
  private final SqlCall sql = SqlCall.of(database);
  private final WirePublisher publisher = path.publisher(Generation.OLD);
  private CreekConsumer consumer = path.consumer();

  @BeforeEach
  void prepare() {
    consumer.initialize().block(PATIENCE);
    database.execute("create schema copy");
  }

  /** Another one in its place. */
  private void start(DatabaseOptions target) {
    consumer.close();
    consumer = path.consumer(path.options(target));
    path.run();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> consumer.health().instances().any(Instance::serving).block(PATIENCE));
  }

  @Test
  void carriesOutWhatItIsAsked() throws SQLException {
    path.run();
    TableWire orders = publish("orders", 3);
    String mapping = mapping(orders);
    assertThat(outcome("create_schema", mapping)).isEqualTo("ok: created");
    assertThat(outcome("create_schema", mapping)).isEqualTo("ok: exists already and fits");
    assertThat(outcome("add_table", mapping)).isEqualTo("ok: subscribed");
    awaitRows("orders", 2);
    assertThat(outcome("resume_table", "copy.orders")).isEqualTo("ok: was not waiting");
    assertThat(outcome("remove_table", "copy.orders")).isEqualTo("ok: removed");
    assertThat(state("orders")).isEqualTo("inactive");
    assertThat(outcome("remove_table", "copy.orders", "clean")).isEqualTo("ok: removed");
    assertThat(
            database.query(
                """
                select distinct requested_by, attempts, started_at >= "timestamp",
                       finished_at >= started_at
                from _creek_consumer._notification_log
                """))
        .containsExactly(List.of(database.server().user(), "1", "t", "t"));
  }

  @Test
  void answersWithTheErrorAndWhatHelps() throws SQLException {
    path.run();
    publish("known", 1);
    database.execute("create table copy.known (id int primary key)");
    assertThat(outcome("create_schema", "source.app.unknown:copy.unknown"))
        .startsWith("no schema of source.app.unknown has been published. Hint: did you mean")
        .contains("source.app.known? Else check the name");
    assertThat(outcome("create_schema", "source.app.known:copy.known"))
        .contains("column \"note\" is missing. Hint: ALTER TABLE");
    assertThat(outcome("create_schema", "source.app.\"a b\":copy.x")).contains("a b");
  }

  @Test
  void doesWhatWasAskedWhileItWasDownInOrder() throws SQLException {
    TableWire orders = publish("orders", 3);
    sql.call("create_schema", mapping(orders));
    sql.call("add_table", mapping(orders));
    sql.call("remove_table", "copy.orders");
    sql.call("add_table", mapping(orders));
    TableWire items = publish("items", 5);
    sql.call("create_schema", mapping(items));
    sql.call("add_table", mapping(items));
    path.run();
    awaitRows("orders", 2);
    awaitRows("items", 4);
    assertThat(
            database.query(
                """
                select distinct status from _creek_consumer._notification_log
                where finished_at is not null
                """))
        .containsExactly(List.of("ok"));
    assertThat(
            database.value(
                """
                select bool_and(finished_at <= next) from (
                  select finished_at, lead(started_at) over (partition by target order by id)
                  from _creek_consumer._notification_log) as commands (finished_at, next)
                """))
        .as("one after the other")
        .isEqualTo("t");
  }

  /** Whoever looks sees an active subscription before and afterwards. */
  @Test
  void claimsATableAnewThatWasRemovedAndAddedBetweenTwoLooks() throws SQLException {
    path.run();
    TableWire orders = publish("orders", 2);
    outcome("create_schema", mapping(orders));
    outcome("add_table", mapping(orders));
    awaitRows("orders", 2);
    awaitState("orders", "streaming");
    database.execute(
        """
        update _creek_consumer.subscriptions
        set epoch = epoch + 1, owner = null, state = 'waiting', reason = null
        """);
    assertThat(outcome("add_table", mapping(orders))).isEqualTo("ok: subscribed");
    awaitState("orders", "streaming");
    assertThat(column("orders", "owner is not null")).isEqualTo("t");
  }

  @Test
  void goesOnWithATableThatIsRemovedAndAddedAtOnce() throws SQLException {
    path.run();
    TableWire orders = publish("orders", 2);
    outcome("create_schema", mapping(orders));
    outcome("add_table", mapping(orders));
    for (int i = 0; i < 20; i++) {
      awaitState("orders", "streaming");
      sql.call("remove_table", "copy.orders");
      assertThat(outcome("add_table", mapping(orders))).isEqualTo("ok: subscribed");
    }
    awaitState("orders", "streaming");
    publish(orders, WalTx.of(3), 3, "behind it");
    publisher.flush();
    awaitRows("orders", 3);
  }

  @Test
  void keepsNobodyWaitingForAnotherTable() throws SQLException {
    TableWire slow = publish("slow", 1);
    TableWire quick = publish("quick", 1);
    path.run();
    outcome("create_schema", mapping(slow));
    outcome("add_table", mapping(slow));
    try (Connection blocker = database.connect()) {
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("select from _creek_consumer.subscriptions for update");
      long blocked = sql.id("remove_table", "copy.slow");
      Awaitility.await().atMost(PATIENCE).until(() -> "running".equals(waitFor(blocked, "0")));
      assertThat(outcome("create_schema", mapping(quick))).isEqualTo("ok: created");
      assertThat(waitFor(blocked, "0")).isEqualTo("running");
      blocker.rollback();
      assertThat(waitFor(blocked, "1 minute")).isEqualTo("ok");
    }
  }

  @Test
  void passesOverExactlyTheChangeThatATableStoppedAt() throws SQLException {
    TableWire orders = table("orders");
    publisher.publishSchema(orders);
    var first = WalTx.of(1);
    var second = WalTx.of(2);
    publish(orders, first, 1, "a");
    publish(orders, second, 2, "b");
    publish(orders, second, 3, "far too long");
    publish(orders, second, 4, "d");
    publish(orders, second, 5, "long as well");
    publish(orders, WalTx.of(3), 6, "f");
    publish(orders, WalTx.of(4), 7, "g");
    publisher.flush();
    database.execute("create table copy.orders (id int primary key, note varchar(3))");
    path.run();
    outcome("add_table", mapping(orders));
    awaitFailedAt("orders", 3);
    assertThat(ids("orders")).as("whole transactions before it").isEqualTo("1");
    assertThat(column("orders", "reason")).contains("at stream sequence 3").doesNotContain("far");
    assertThat(sql.refusal("skip_change", "copy.orders", 4).message())
        .contains("stopped at stream sequence 3, not 4");

    assertThat(outcome("skip_change", "copy.orders", 3))
        .startsWith("ok: skipped: ")
        .contains("stream sequence 3");
    awaitFailedAt("orders", 5);
    assertThat(ids("orders")).as("the transaction is not whole yet").isEqualTo("1");
    assertThat(outcome("skip_change", "copy.orders", 5)).startsWith("ok: skipped: ");
    Awaitility.await().atMost(PATIENCE).until(() -> ids("orders").equals("1 2 4 6 7"));
    awaitState("orders", "streaming");
    assertThat(sql.refusal("skip_change", "copy.orders", 5).message())
        .contains("has not stopped at a change");
    assertThat(column("orders", "skip_seqs")).isEqualTo("{3,5}");
    assertThat(column("orders", "incomplete"))
        .contains(
            "the change at stream sequence 3 was skipped",
            "the change at stream sequence 5 was skipped");
  }

  @Test
  void passesOverAMessageThatCannotBeRead() throws SQLException {
    TableWire orders = publish("orders", 2);
    publisher.publishRaw(
        orders.source(),
        ByteBuffer.allocate(10).putShort((short) 0).putInt(4).putInt(0xdeadbeef).array());
    publish(orders, WalTx.of(3), 3, "behind it");
    publish(orders, WalTx.of(4), 4, "and more");
    publisher.flush();
    path.run();
    outcome("create_schema", mapping(orders));
    outcome("add_table", mapping(orders));
    awaitFailedAt("orders", 3);
    assertThat(outcome("skip_change", "copy.orders", 3)).startsWith("ok: skipped: ");
    Awaitility.await().atMost(PATIENCE).until(() -> ids("orders").equals("1 2 3 4"));
  }

  @Test
  void triesAStuckTableAgainAtOnce() throws SQLException {
    TableWire orders = publish("orders", 3);
    database.execute("create table copy.orders (id int primary key)");
    path.run();
    outcome("add_table", mapping(orders));
    awaitState("orders", "failed");
    awaitLag("orders", "lag > '1 year'");
    database.execute("alter table copy.orders add column note text");
    assertThat(outcome("resume_table", "copy.orders")).startsWith("ok: ");
    awaitRows("orders", 2);
    awaitLag("orders", "lag = '0'");
    assertThat(outcome("remove_table", "copy.orders")).startsWith("ok: ");
    awaitLag("orders", "lag is null");
  }

  @Test
  void beginsAgainWhatAnotherServiceDidNotEnd() throws SQLException {
    TableWire orders = publish("orders", 1);
    long id = sql.id("create_schema", mapping(orders));
    database.execute(
        """
        update _creek_consumer._notification_log
        set status = 'running', owner = 'killed', attempts = 1, started_at = now(),
            lease_until = now() + interval '2 seconds'
        """);
    path.run();
    assertThat(waitFor(id, "1 minute")).isEqualTo("ok");
    assertThat(
            database.value(
                "select attempts || ' ' || (finished_at > started_at + interval '2 seconds')"
                    + " from _creek_consumer._notification_log"))
        .isEqualTo("2 true");
  }

  @Test
  void givesUpWhatNoServiceSurvives() throws SQLException {
    long id = sql.id("create_schema", "source.app.orders:copy.orders");
    database.execute("update _creek_consumer._notification_log set attempts = 5");
    path.run();
    assertThat(waitFor(id, "1 minute")).startsWith("given up: it was begun 5 times");
  }

  @Test
  void losesNothingOfABurst() throws SQLException {
    path.run();
    outcome("create_schema", mapping(publish("orders", 1)));
    database.execute(
        """
        do $$
        begin
          for i in 1 .. 10000 loop
            perform pg_notify('creek_consumer', i::text);
            if i % 50 = 0 then
              perform _creek_consumer.add_table('source.app.orders:copy.orders');
              perform _creek_consumer.remove_table('copy.orders');
              perform _creek_consumer.create_schema('source.app.orders:copy.t' || i % 20);
            end if;
            if i % 25 = 0 then commit; end if;
          end loop;
        end $$
        """);
    long last = sql.id("add_table", "source.app.orders:copy.orders");
    assertThat(waitFor(last, "3 minutes")).isEqualTo("ok");
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        database.query(
                            """
                            select status, count(*) > 400 from _creek_consumer._notification_log
                            group by status
                            """))
                    .containsExactly(List.of("ok", "t")));
    assertThat(database.value("select max(attempts) from _creek_consumer._notification_log"))
        .isEqualTo("1");
    assertThat(state("orders")).isNotEqualTo("inactive");
  }

  @Test
  void takesCommandsFromNotificationsWhereItMay() throws SQLException {
    TableWire orders = publish("orders", 2);
    start(DatabaseOptions.builder(database.uri(), Map.of()).notifiedCommands(true).build());
    notify("CREATE " + mapping(orders));
    notify("ADD " + mapping(orders));
    awaitRows("orders", 1);
    notify("anything");
    notify("ADD nonsense");
    notify("SKIP 2 copy.orders");
    notify("SNAP sideways " + mapping(orders));
    notify("REMOVE copy.orders");
    awaitState("orders", "inactive");
    assertThat(database.query("select command from _creek_consumer._notification_log order by id"))
        .containsExactly(
            List.of("CREATE " + mapping(orders)),
            List.of("ADD " + mapping(orders)),
            List.of("REMOVE copy.orders"));
  }

  @Test
  void isOnlyWokenByNotificationsUnlessItMay() throws SQLException {
    TableWire orders = publish("orders", 2);
    start(DatabaseOptions.of(database.patientUri()));
    notify("REMOVE copy.unknown");
    assertThat(outcome("create_schema", mapping(orders))).isEqualTo("ok: created");
    assertThat(database.query("select command from _creek_consumer._notification_log"))
        .containsExactly(List.of("CREATE " + mapping(orders)));
  }

  private void notify(String payload) {
    database.execute("select pg_notify('creek_consumer', '" + payload + "')");
  }

  @ParameterizedTest
  @EnumSource
  void hearsOfCommandsThroughAPoolerThatListenDoesNotWorkThrough(ListenPooler.Manner manner)
      throws Exception {
    TableWire orders = publish("orders", 3);
    try (var pooler = ListenPooler.start(database.server(), manner)) {
      start(
          DatabaseOptions.builder(pooler.uri(database), Map.of())
              .wakeInterval(Duration.ofSeconds(1))
              .build());
      assertThat(outcome("create_schema", mapping(orders))).isEqualTo("ok: created");
      assertThat(outcome("add_table", mapping(orders))).isEqualTo("ok: subscribed");
      awaitRows("orders", 2);
      assertThat(outcome("remove_table", "copy.orders")).isEqualTo("ok: removed");
      consumer.stop(PATIENCE).block(PATIENCE);
      consumer.close();
    }
  }

  private TableWire table(String name) {
    return TableWire.of("app", name)
        .column("id", "int4", TableWire.Flag.KEY)
        .column("note", "text");
  }

  /** Transactions of one row each. */
  private TableWire publish(String name, int count) {
    TableWire table = table(name);
    publisher.publishSchema(table);
    for (int i = 1; i <= count; i++) {
      publish(table, WalTx.of(i), i, "note");
    }
    publisher.flush();
    return table;
  }

  private void publish(TableWire table, WalTx transaction, int id, String note) {
    publisher.publish(table.source(), table.insert(transaction, id, note));
  }

  private static String mapping(TableWire table) {
    return new Mapping(table.source(), new TargetTable("copy", table.source().table())).toString();
  }

  /** Status and detail of a command, once it has ended. */
  private String outcome(String function, Object... arguments) throws SQLException {
    long id = sql.id(function, arguments);
    String status = waitFor(id, "1 minute");
    assertThat(status).isNotIn("queued", "running");
    return database.value(
        "select status || coalesce(': ' || detail, '') from _creek_consumer._notification_log"
            + " where id = "
            + id);
  }

  private String waitFor(long id, String limit) throws SQLException {
    return sql.call("wait_for", id, new PGInterval(limit));
  }

  private void awaitRows(String table, int atLeast) {
    Awaitility.await(table)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> ids(table).split(" ").length >= atLeast && !ids(table).isEmpty());
  }

  private void awaitLag(String table, String condition) {
    Awaitility.await(condition).atMost(PATIENCE).until(() -> "t".equals(column(table, condition)));
  }

  private String ids(String table) {
    return database.value(
        "select coalesce(string_agg(id::text, ' ' order by id), '') from copy." + table);
  }

  private void awaitState(String table, String state) {
    Awaitility.await(table).atMost(PATIENCE).until(() -> state(table), state::equals);
  }

  private void awaitFailedAt(String table, long sequence) {
    Awaitility.await(table)
        .atMost(PATIENCE)
        .until(
            () ->
                "failed".equals(state(table))
                    && Long.toString(sequence).equals(column(table, "failed_seq")));
  }

  private String state(String table) {
    return column(table, "state");
  }

  private String column(String table, String column) {
    return database
        .query(
            "select %s from _creek_consumer.subscriptions where target = 'copy.%s'"
                .formatted(column, table))
        .get(0)
        .get(0);
  }
}
