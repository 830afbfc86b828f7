package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.control.CommandLog.Pending;
import dev.creek.consumer.control.CommandText;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.SqlCall;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PGInterval;

/** The functions that users call, without a service: what they refuse and what they store. */
final class ControlFunctionsIT {
  private static final String ORDERS = "shop.app.orders:public.orders";
  private static final String TOPIC = "CREEK.shop.snap.app.orders.20240501100000_123_abcd";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(13);

  private SqlCall sql;

  @BeforeEach
  void open() {
    sql = SqlCall.of(database.database());
  }

  @Test
  void haveTheNamesAndArgumentsOfTheGoConsumer() {
    assertThat(
            database.query(
                """
                select p.proname || '(' || pg_get_function_arguments(p.oid) || ')'
                from pg_proc p
                where pronamespace = '_creek_consumer'::regnamespace and prokind = 'f'
                  and not starts_with(proname, '_') and prosecdef
                  and proconfig = '{"search_path=pg_catalog, pg_temp"}'
                order by 1
                """))
        .containsExactly(
            List.of("add_table(\"table\" text)"),
            List.of("add_table(\"table\" text, \"from\" text)"),
            List.of("add_table(\"table\" text, \"from\" text, \"group\" text)"),
            List.of(
                "add_table(\"table\" text, \"from\" text, \"group\" text, schema_changes text)"),
            List.of("apply_snapshot(topic text, \"table\" text, mode text)"),
            List.of("cancel(id bigint)"),
            List.of("create_schema(\"table\" text)"),
            List.of("fill(\"table\" text, VARIADIC columns text[])"),
            List.of("remove_table(\"table\" text)"),
            List.of("remove_table(\"table\" text, mode text)"),
            List.of("resume_table(\"table\" text)"),
            List.of("resync(\"table\" text)"),
            List.of("resync(\"table\" text, \"group\" text)"),
            List.of("schema_diff(\"table\" text)"),
            List.of("set_group(\"table\" text, \"group\" text)"),
            List.of("set_schema_changes(\"table\" text, policy text)"),
            List.of("skip_change(\"table\" text, sequence bigint)"),
            List.of("snapshot(\"table\" text, mode text)"),
            List.of("version()"),
            List.of("wait_for(id bigint, timeout interval DEFAULT '00:01:00'::interval)"));
  }

  @Test
  void areNotForEverybody() {
    assertThat(
            database.query(
                """
                select proname from pg_proc
                where pronamespace = '_creek_consumer'::regnamespace
                  and has_function_privilege('public', oid, 'execute')
                """))
        .isEmpty();
  }

  @Test
  void storeWhatTheyWereAsked() throws SQLException {
    subscribe("failed", 812);
    database.execute("create table public.orders (id int, \"a,\"\" b\" text)");
    sql.call("create_schema", ORDERS);
    sql.call("add_table", ORDERS);
    sql.call("snapshot", ORDERS, "CLEAN");
    sql.call("apply_snapshot", TOPIC, ORDERS, "upsert");
    sql.call("resync", ORDERS);
    sql.call("skip_change", "public.orders", 812);
    sql.call("resume_table", "public.\"orders\"");
    sql.call("remove_table", "public.orders", "upsert");
    database.value("select _creek_consumer.fill('public.\"orders\"', 'id', 'a,\" b')");
    assertThat(
            database.query(
                """
                select id, command, status, requested_by, verb, source, target, mode, topic,
                       sequence
                from _creek_consumer._notification_log
                where "timestamp" between now() - interval '1 minute' and now()
                order by id
                """))
        .containsExactly(
            row(1, "CREATE " + ORDERS, "create_schema", null, null, null),
            row(2, "ADD " + ORDERS, "add_table", null, null, null),
            row(3, "SNAP clean " + ORDERS, "snapshot", "clean", null, null),
            row(
                4,
                "APPLY_SNAP upsert " + TOPIC + " " + ORDERS,
                "apply_snapshot",
                "upsert",
                TOPIC,
                null),
            row(5, "RESYNC " + ORDERS, "resync", null, null, null),
            row(6, "SKIP 812 public.orders", "skip_change", null, null, "812"),
            row(7, "RESUME public.orders", "resume_table", null, null, null),
            row(8, "REMOVE public.orders", "remove_table", null, null, null),
            row(
                9,
                "FILL \"id\",\"a,\"\" b\" " + ORDERS,
                "fill",
                "\"id\",\"a,\"\" b\"",
                null,
                null));
    for (List<String> row :
        database.query("select command from _creek_consumer._notification_log")) {
      var command = CommandText.parse(row.get(0));
      assertThat(CommandText.format(command)).isEqualTo(row.get(0));
      assertThat(await(database.target().commands().submit(command))).isPositive();
    }
  }

  private List<String> row(
      int id, String command, String verb, String mode, String topic, String sequence) {
    String source = command.contains(":") ? "shop.app.orders" : null;
    return Arrays.asList(
        Integer.toString(id),
        command,
        "queued",
        database.server().user(),
        verb,
        source,
        "public.orders",
        mode,
        topic,
        sequence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          add_table      | shop.app.orders               | must have the form db.namespace.table:target
          add_table      | app.orders:public.orders      | source 'app.orders' must have the form
          add_table      | shop.app.orders:orders        | target 'orders' must have the form
          add_table      | shop.app."orders:public.x     | a double quote that is not closed
          add_table      | shop.app.a"b":public.x        | must be quoted as a whole
          add_table      | shop.app.orders:public.absent | table public.absent does not exist
          add_table      | shop.app.orders:public.a_view | table public.a_view does not exist
          add_table      |                               | "table" must not be null
          add_table      | 'shop.app.orders:public.orders ' | has white space around a name
          add_table      | 'shop.app.orders: public.orders' | has white space around a name
          create_schema  | 'shop.app .orders:public.orders' | has white space around a name
          resync         | 'shop.app.orders:public.orders ' | has white space around a name
          remove_table   | 'public.orders​'         | has white space around a name
          add_table      | postgres://me:x@h/d           | a table's name is expected, not a URI
          skip_change    | shop.app.orders:public.orders | must be named without its source: public.orders
          resume_table   | shop.app.orders:public.orders | must be named without its source: public.orders
          create_schema  | shop.app.orders               | must have the form db.namespace.table:target
          create_schema  |                               | "table" must not be null
          resync         | nonsense                      | must have the form db.namespace.table:target
          remove_table   | public.unknown                | public.unknown is not subscribed
          remove_table   | shop.app.orders:public.orders | target 'shop.app.orders:public.orders' must
          remove_table   |                               | "table" must not be null
          snapshot       | shop.app.orders               | must have the form db.namespace.table:target
          snapshot       |                               | "table" must not be null
          apply_snapshot | app.orders:public.orders      | source 'app.orders' must have the form
          apply_snapshot |                               | "table" must not be null
          skip_change    | public.unknown                | public.unknown is not subscribed
          skip_change    | public.a.b                    | target 'public.a.b' must have the form
          skip_change    |                               | "table" must not be null
          resume_table   | public.unknown                | public.unknown is not subscribed
          resume_table   | public.removed                | public.removed is not subscribed
          """)
  void refuseBadTables(String function, String table, String message) throws SQLException {
    subscribe("streaming", null);
    database.execute(
        "create view public.a_view as select 1",
        "insert into _creek_consumer.subscriptions (topic, target, active)"
            + " values ('shop.app.removed', 'public.removed', false)");
    var refusal =
        switch (function) {
          case "snapshot" -> sql.refusal(function, table, "clean");
          case "apply_snapshot" -> sql.refusal(function, TOPIC, table, "clean");
          case "skip_change" -> sql.refusal(function, table, 1L);
          default -> sql.refusal(function, table);
        };
    assertThat(refusal.message()).contains(message);
    assertThat(refusal.sqlState()).isIn("22023", "22004", "42704", "42P01");
    assertNothingStored();
  }

  @Test
  void refuseBadModesTopicsAndSequences() throws SQLException {
    subscribe("failed", 812);
    for (String mode : new String[] {null, "", "all", " clean", "clean\n", "up\u017Fert"}) {
      assertThat(sql.refusal("snapshot", ORDERS, mode).message()).contains("upsert or clean");
      assertThat(sql.refusal("apply_snapshot", TOPIC, ORDERS, mode).message())
          .contains("upsert or clean");
      assertThat(sql.refusal("remove_table", "public.orders", mode).message())
          .contains("upsert or clean");
    }
    for (String topic :
        new String[] {null, "", "a", "a b.c", "a.*", "a.>", "a..b", "a.b.", "a.b\n"}) {
      assertThat(sql.refusal("apply_snapshot", topic, ORDERS, "clean"))
          .satisfies(
              refusal -> {
                assertThat(refusal.message()).contains("is not the name of a snapshot");
                assertThat(refusal.hint())
                    .contains("list-snapshots", "CREEK_snap_db.", "CREEK.db.snap.");
              });
    }
    for (Long sequence : new Long[] {null, 0L, -1L, 811L, 813L}) {
      assertThat(sql.refusal("skip_change", "public.orders", sequence).message())
          .contains("public.orders stopped at stream sequence 812, not " + sequence);
    }
    assertNothingStored();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'public.orders', variadic '{}'         | must be named: they must be neither null nor empty | 22023
          'public.orders', 'id', null            | must be named: they must be neither null nor empty | 22023
          'public.orders', ''                    | must be named: they must be neither null nor empty | 22023
          'public.orders', variadic null         | must be named: they must be neither null nor empty | 22023
          'public.orders', 'id', 'id'            | a column is named twice | 22023
          'public.orders', 'ID'                  | table public.orders has no column "ID" | 42703
          'public.orders', 'id', 'gone'          | table public.orders has no column "gone" | 42703
          'public.orders', 'ctid'                | table public.orders has no column "ctid" | 42703
          'public.unknown', 'id'                 | public.unknown is not subscribed | 42704
          'shop.app.orders:public.orders', 'id'  | must be named without its source | 22023
          null, 'id'                             | "table" must not be null | 22004
          """,
      quoteCharacter = '`')
  void refuseToFillWhatCannotBe(String arguments, String message, String state)
      throws SQLException {
    subscribe("streaming", null);
    database.execute(
        "create table orders (id int, gone int)", "alter table orders drop column gone");
    try (Connection user = sql.connect();
        Statement statement = user.createStatement()) {
      String call = "select _creek_consumer.fill(%s)".formatted(arguments);
      assertThatThrownBy(() -> statement.execute(call))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(state))
          .hasMessageContaining(message);
    }
    assertNothingStored();
  }

  @Test
  void refuseToFillATableThatIsGone() throws SQLException {
    subscribe("streaming", null);
    assertThatThrownBy(() -> database.value("select _creek_consumer.fill('public.orders', 'id')"))
        .hasMessageContaining("table public.orders does not exist")
        .hasMessageContaining("resync('shop.app.orders:public.orders'); creates and fills it");
    assertNothingStored();
  }

  @ParameterizedTest
  @ValueSource(strings = {"streaming", "waiting", "gap"})
  void skipNothingOfATableThatHasNotFailed(String state) throws SQLException {
    subscribe(state, 812);
    assertThat(sql.refusal("skip_change", "public.orders", 812).message())
        .isEqualTo("public.orders has not stopped at a change: its state is " + state);
    assertNothingStored();
  }

  @ParameterizedTest
  @ValueSource(strings = {"add_table", "resync", "snapshot", "apply_snapshot"})
  void refuseAnotherSourceForASubscribedTarget(String function) throws SQLException {
    subscribe("streaming", null);
    String other = "shop.app.other:public.orders";
    var refusal =
        switch (function) {
          case "snapshot" -> sql.refusal(function, other, "clean");
          case "apply_snapshot" -> sql.refusal(function, TOPIC, other, "clean");
          default -> sql.refusal(function, other);
        };
    assertThat(refusal.message())
        .isEqualTo("target public.orders is subscribed to another source, shop.app.orders");
    assertThat(refusal.hint()).contains("subscriptions");
    assertNothingStored();
  }

  @Test
  void acceptATableThatACommandBeforeWillMake() throws SQLException {
    sql.call("create_schema", ORDERS);
    assertThat(sql.id("add_table", ORDERS)).isEqualTo(2);
    assertThat(sql.id("remove_table", "public.orders")).isEqualTo(3);
  }

  /** Each of them anywhere: it is refused, or it is a name, and that is all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'; drop table canary; --",
        "\"; drop table canary; --\"",
        "$creek$; drop table canary; $creek$",
        "$1",
        "%s%I%L%1$s",
        "\\'; drop table canary; --",
        "x\"\"\"; drop table canary; --",
        "'||(select 1)||'",
        "{a,b}",
        "(a,b)",
        "\n\\! echo"
      })
  void takeHostileTextForNames(String text) throws SQLException {
    database.execute("create table canary (id int)");
    String quoted = '"' + text.replace("\"", "\"\"") + '"';
    try (Connection user = sql.connect()) {
      for (String part : List.of(text, quoted)) {
        for (String mapping :
            List.of(
                part + ".app.t:public.t",
                "db." + part + ".t:public.t",
                "db.app." + part + ":public.t",
                "db.app.t:" + part + ".t",
                "db.app.t:public." + part,
                part)) {
          tryAll(user, mapping, part);
        }
      }
    }
    assertThat(database.value("select count(*) from canary")).isEqualTo("0");
    for (List<String> row :
        database.query("select command, source, target from _creek_consumer._notification_log")) {
      var command = CommandText.parse(row.get(0));
      assertThat(command.target()).hasToString(row.get(2));
    }
    assertThat(database.value("select count(*) from _creek_consumer.subscriptions")).isEqualTo("0");
  }

  private static void tryAll(Connection user, String mapping, String part) throws SQLException {
    for (String function :
        List.of("create_schema", "add_table", "resync", "remove_table", "resume_table")) {
      attempt(user, function, mapping);
    }
    attempt(user, "snapshot", mapping, "clean");
    attempt(user, "apply_snapshot", TOPIC, mapping, "clean");
    attempt(user, "skip_change", mapping, 1);
    attempt(user, "snapshot", ORDERS.replace("orders", part), part);
    attempt(user, "apply_snapshot", part, ORDERS, part);
    attempt(user, "remove_table", mapping, part);
  }

  private static void attempt(Connection user, String function, Object... arguments)
      throws SQLException {
    try {
      SqlCall.call(user, function, arguments);
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as(e.getMessage()).isIn("22023", "42704", "42P01");
    }
  }

  @Test
  void giveTheIdOfTheSameCommandWhereItIsTheLastThatWaits() throws SQLException {
    database.execute("create table public.orders (id int)");
    assertThat(sql.id("add_table", ORDERS)).isEqualTo(1);
    assertThat(sql.id("add_table", "shop.\"app\".orders:public.\"orders\"")).isEqualTo(1);
    assertThat(sql.id("remove_table", "public.orders")).isEqualTo(2);
    assertThat(sql.id("add_table", ORDERS)).as("it comes after the removal").isEqualTo(3);
    assertThat(await(database.target().commands().take(1))).isEqualTo(1);
    assertThat(sql.id("add_table", ORDERS)).isEqualTo(3);
    await(database.target().commands().take(3));
    assertThat(sql.id("add_table", ORDERS)).as("what runs may be past it").isEqualTo(4);
  }

  @Test
  void holdBackACommandThatIsAskedForAgainUntilThatCommits() throws Exception {
    sql.call("create_schema", ORDERS);
    try (Connection user = sql.connect()) {
      user.setAutoCommit(false);
      assertThat(SqlCall.call(user, "create_schema", ORDERS)).isEqualTo("1");
      assertThat(await(database.target().commands().take(1))).isNull();
      user.commit();
    }
    assertThat(await(database.target().commands().take(1))).isEqualTo(1);
  }

  @Test
  void numberTheCommandsOfATargetAsTheyAreCommitted() throws Exception {
    try (Connection first = sql.connect()) {
      first.setAutoCommit(false);
      SqlCall.call(first, "create_schema", ORDERS);
      sql.call("create_schema", "shop.app.items:public.items");
      var second = CompletableFuture.supplyAsync(() -> asked("resync", ORDERS));
      await().until(() -> !database.query("select from pg_locks where not granted").isEmpty());
      assertThat(await(database.target().commands().pending()))
          .extracting(Pending::command)
          .extracting(CommandText::format)
          .containsExactly("CREATE shop.app.items:public.items");
      first.rollback();
      second.get(30, TimeUnit.SECONDS);
    }
    assertThat(await(database.target().commands().pending())).hasSize(2);
  }

  private String asked(String function, Object... arguments) {
    try {
      return sql.call(function, arguments);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void waitForWhatBecomesOfACommand() throws Exception {
    long id = sql.id("create_schema", ORDERS);
    assertThat(sql.call("wait_for", id, new PGInterval("20 ms"))).isEqualTo("queued");
    await(database.target().commands().take(id));
    assertThat(sql.call("wait_for", id, new PGInterval("0"))).isEqualTo("running");
    var waiting =
        CompletableFuture.supplyAsync(() -> asked("wait_for", id, interval("30 seconds")));
    await()
        .until(
            () ->
                database
                    .value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")
                    .equals("1"));
    await(database.target().commands().finish(id, "no schema has been published", null, null));
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("no schema has been published");
    assertThat(sql.call("wait_for", id, new PGInterval("1 hour"))).startsWith("no schema");
  }

  @Test
  void waitWithoutAViewOfTheDatabaseWhereTheyAreCalled() throws Exception {
    long id = sql.id("create_schema", ORDERS);
    var waiting = CompletableFuture.supplyAsync(() -> called(id));
    await()
        .until(
            () ->
                !database
                    .query("select from pg_stat_activity where query like 'call %wait_for%'")
                    .isEmpty());
    database.execute("create table t (id int)", "create index concurrently on t (id)");
    await(database.target().commands().take(id));
    await(database.target().commands().finish(id, "ok", null, null));
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("ok");
    assertThat(called(id)).isEqualTo("ok");
    assertThat(called(sql.id("resync", ORDERS), "10 ms")).isEqualTo("queued");
  }

  private String called(long id) {
    return called(id, "20 seconds");
  }

  private String called(long id, String limit) {
    return database.value("call _creek_consumer.wait_for(%d, '%s', null)".formatted(id, limit));
  }

  private static PGInterval interval(String text) {
    try {
      return new PGInterval(text);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void neverWaitForWhatCannotHappenMeanwhile() throws Exception {
    var hour = new PGInterval("1 hour");
    assertThat(sql.refusal("wait_for", 99, hour).message()).isEqualTo("there is no command 99");
    assertThat(sql.refusal("wait_for", 99, null).sqlState()).isEqualTo("22023");
    assertThat(sql.refusal("wait_for", 99, new PGInterval(0, 0, 0, 0, 0, -1)).sqlState())
        .isEqualTo("22023");
    long before = sql.id("create_schema", ORDERS);
    try (Connection user = sql.connect()) {
      user.setAutoCommit(false);
      user.setSavepoint();
      String own = SqlCall.call(user, "resync", ORDERS);
      assertThat(SqlCall.call(user, "wait_for", before, new PGInterval("1 ms")))
          .isEqualTo("queued");
      assertThatThrownBy(() -> SqlCall.call(user, "wait_for", Long.valueOf(own), hour))
          .hasMessageContaining("was given in this transaction")
          .hasMessageContaining("Commit first");
      user.rollback();
      user.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      assertThatThrownBy(() -> SqlCall.call(user, "wait_for", before, hour))
          .hasMessageContaining("does not see what others commit");
    }
  }

  @Test
  void tellTheVersion() throws SQLException {
    assertThat(sql.call("version")).matches("control schema \\d+");
  }

  private void subscribe(String state, Integer failedSequence) {
    database.execute(
        """
        insert into _creek_consumer.subscriptions (topic, target, active, state, failed_seq)
        values ('shop.app.orders', 'public.orders', true, '%s', %s)
        """
            .formatted(state, failedSequence));
  }

  private void assertNothingStored() {
    assertThat(database.query("select * from _creek_consumer._notification_log")).isEmpty();
  }
}
