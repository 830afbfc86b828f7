package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.control.CommandText;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.Subscriptions.Note;
import dev.creek.consumer.testing.SqlCall;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Named groups of tables: what is stored, shown and refused. */
final class NamedGroupsIT {
  private static final Mapping ORDERS = Mapping.parse("shop.app.orders:public.orders");
  private static final Mapping LINES = Mapping.parse("shop.app.lines:public.lines");
  private static final Mapping STAFF = Mapping.parse("hr.app.staff:public.staff");
  private static final String ODD = "It's \"odd\", ünicode: $1 %s \\ :.";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(13);

  private SqlCall sql;
  private Subscriptions subscriptions;

  @BeforeEach
  void open() {
    sql = SqlCall.of(database.database());
    subscriptions = database.target().subscriptions();
    database.execute("create table public.orders (id int)");
  }

  private List<String> commands() {
    return database
        .query("select command from _creek_consumer._notification_log order by id")
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  private String groupOf(Mapping mapping) {
    return database.value(
        "select group_name from _creek_consumer.subscriptions where target = '"
            + mapping.target()
            + "'");
  }

  @Test
  void functionsStoreCommandsThatNameTheGroup() throws SQLException {
    sql.call("add_table", ORDERS.toString(), null, "sales");
    sql.call("add_table", ORDERS.toString(), "now", ODD);
    sql.call("resync", ORDERS.toString(), "sales");
    sql.call("resync", ORDERS.toString(), "");
    sql.call("set_group", "public.orders", ODD);
    sql.call("set_group", "public.orders", "");
    sql.call("set_group", "public.orders", null);
    String odd = "\"It's \"\"odd\"\", ünicode: $1 %s \\ :.\"";
    assertThat(commands())
        .as("the last one is the same as the one before")
        .containsExactly(
            "ADD IN \"sales\" " + ORDERS,
            "ADD_FROM now IN " + odd + " " + ORDERS,
            "RESYNC IN \"sales\" " + ORDERS,
            "RESYNC " + ORDERS,
            "SET_GROUP " + odd + " public.orders",
            "SET_GROUP \"\" public.orders");
    assertThat(
            database.query(
                "select verb, group_name from _creek_consumer._notification_log order by id"))
        .containsExactly(
            List.of("add_table", "sales"),
            List.of("add_table_from", ODD),
            List.of("resync", "sales"),
            Arrays.asList("resync", null),
            List.of("set_group", ODD),
            Arrays.asList("set_group", null));
    for (String command : commands()) {
      Command read = CommandText.parse(command);
      assertThat(CommandText.format(read)).isEqualTo(command);
      await(database.target().commands().submit(read));
      assertThat(
              database.value(
                  "select command from _creek_consumer._notification_log order by id desc limit 1"))
          .isEqualTo(command);
    }
  }

  private static Stream<Arguments> badNames() {
    return Stream.of(
        Arguments.of("x".repeat(64), "has at most 63 bytes, not 64"),
        Arguments.of("ü".repeat(32), "has at most 63 bytes, not 64"),
        Arguments.of("two\nlines", "must not hold control characters"),
        Arguments.of("bell\u0007", "must not hold control characters"),
        Arguments.of("next\u0085line", "must not hold control characters"),
        Arguments.of("para\u2029graph", "must not hold control characters"),
        Arguments.of(" sales", "has white space around it"),
        Arguments.of("sales ", "has white space around it"),
        Arguments.of("sales\u200b", "has white space around it"),
        Arguments.of(" ", "has white space around it"));
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void badNamesAreRefusedInSqlAndInPrograms(String name, String message) throws SQLException {
    await(subscriptions.activate(ORDERS));
    for (SqlCall.Refusal refusal :
        List.of(
            sql.refusal("add_table", ORDERS.toString(), null, name),
            sql.refusal("resync", ORDERS.toString(), name),
            sql.refusal("set_group", "public.orders", name))) {
      assertThat(refusal.message()).contains(message);
      assertThat(refusal.sqlState()).isEqualTo("22023");
    }
    assertThat(commands()).isEmpty();
    assertThatThrownBy(() -> TableGroup.requireName(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> CommandText.parse("ADD IN \"" + name + "\" " + ORDERS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "IN ", "IN \"", "IN \"a", "IN \"a\"", "IN \"a\"b\" ", "IN \"\" ", "IN a "})
  void aCommandWithoutAProperNameIsNone(String place) {
    if (place.isEmpty() || place.equals("IN \"\" ")) {
      assertThat(CommandText.parse("ADD " + place + ORDERS))
          .isEqualTo(new Command.AddTable(ORDERS));
    } else if (place.equals("IN ") || place.equals("IN a ")) {
      assertThat(((Command.AddTable) CommandText.parse("ADD " + place + ORDERS)).mapping())
          .as("the name of a database, as it was before there were groups")
          .isNotEqualTo(ORDERS);
    } else {
      assertThatThrownBy(() -> CommandText.parse("ADD " + place + ORDERS))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"public.orders", "\"\" shop.app.orders:public.orders", "\"a\" orders"})
  void aChangeOfGroupWithoutNameOrTargetIsNone(String rest) {
    assertThatThrownBy(() -> CommandText.parse("SET_GROUP " + rest))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTableIsPutIntoAGroupAndLeavesIt() {
    Subscription added = await(subscriptions.activate(ORDERS, ODD));
    assertThat(added.groupName()).isEqualTo(ODD);
    assertThat(added.group(Grouping.TABLE)).contains(new TableGroup("shop", ODD));
    Subscription alone = await(subscriptions.begin(LINES, Position.NONE, null));
    assertThat(alone.group(Grouping.TABLE)).isEmpty();
    assertThat(alone.group(Grouping.DATABASE)).contains(new TableGroup("shop", "shop"));
    assertThat(await(subscriptions.setGroup(LINES.target(), ODD))).isTrue();
    assertThat(await(subscriptions.present()))
        .extracting(s -> s.mapping().target().table(), Subscription::groupName)
        .containsExactly(tuple("lines", ODD), tuple("orders", ODD));
    assertThat(await(subscriptions.setGroup(ORDERS.target(), null))).isTrue();
    assertThat(groupOf(ORDERS)).isNull();
    assertThat(await(subscriptions.setGroup(STAFF.target(), "any"))).isFalse();
  }

  @Test
  void whetherATableIsAMemberIsShownWhileItsServiceIsThere() {
    await(subscriptions.activate(ORDERS, "sales"));
    await(subscriptions.activate(LINES, "sales"));
    await(subscriptions.activate(STAFF));
    await(
        subscriptions.note(
            Map.of(
                ORDERS.target(),
                new Note(Duration.ofSeconds(7), Membership.MEMBER),
                LINES.target(),
                new Note(null, Membership.APART),
                STAFF.target(),
                new Note(Duration.ZERO, null))));
    assertThat(await(subscriptions.all()))
        .extracting(s -> s.mapping().target().table(), Subscription::membership)
        .containsExactly(
            tuple("lines", Membership.APART),
            tuple("orders", Membership.MEMBER),
            tuple("staff", null));
    assertThat(
            database.value(
                "select lag from _creek_consumer.subscriptions where target = 'public.orders'"))
        .isEqualTo("00:00:07");
    assertThat(await(subscriptions.present()))
        .as("nobody applies them")
        .allMatch(s -> s.membership() == null);
    await(subscriptions.deactivate(ORDERS.target()));
    assertThat(await(subscriptions.all()).get(1).membership()).isNull();
  }

  @Test
  void aTableThatIsAddedAgainGoesOnInItsGroup() throws SQLException {
    await(subscriptions.activate(ORDERS, "sales"));
    assertThat(await(subscriptions.activate(ORDERS)).groupName()).isEqualTo("sales");
    await(subscriptions.deactivate(ORDERS.target()));
    assertThat(await(subscriptions.activate(ORDERS)).groupName()).isEqualTo("sales");
    assertThat(await(subscriptions.activate(ORDERS, "sales")).groupName()).isEqualTo("sales");
    sql.call("add_table", ORDERS.toString(), null, "sales");
    await(subscriptions.deactivate(ORDERS.target()));
    assertThat(await(subscriptions.activate(ORDERS, "other")).groupName())
        .as("it is in none while it is removed")
        .isEqualTo("other");
  }

  @Test
  void aSecondGroupIsRefused() throws SQLException {
    await(subscriptions.activate(ORDERS, "sales"));
    await(subscriptions.activate(LINES));
    SqlCall.Refusal refusal = sql.refusal("add_table", ORDERS.toString(), null, "logs");
    assertThat(refusal.message())
        .isEqualTo(
            "public.orders is subscribed already, in the group \"sales\", and a table is in one group:"
                + " set_group changes it");
    assertThat(refusal.hint()).contains("set_group('public.orders', 'logs')");
    assertThat(sql.refusal("resync", LINES.toString(), "logs").message())
        .startsWith("public.lines is subscribed already, in no named group");
    assertThatThrownBy(() -> await(subscriptions.activate(ORDERS, "logs")))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("in the group \"sales\", and a table is in one group");
    assertThatThrownBy(() -> await(subscriptions.begin(LINES, Position.NONE, "logs")))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("in no named group");
    assertThat(groupOf(ORDERS)).isEqualTo("sales");
    assertThat(groupOf(LINES)).isNull();
    assertThat(commands()).isEmpty();
  }

  @Test
  void aGroupOfTwoSourceDatabasesIsRefused() throws SQLException {
    await(subscriptions.activate(ORDERS, "sales"));
    await(subscriptions.activate(STAFF));
    String message =
        "the group \"sales\" is one of the source database shop, as of public.orders, and"
            + " public.staff comes from hr: a group never spans two source databases";
    assertThat(sql.refusal("set_group", "public.staff", "sales").message()).isEqualTo(message);
    assertThat(sql.refusal("resync", "hr.app.more:public.more", "sales").message())
        .contains("public.more comes from hr");
    assertThatThrownBy(() -> await(subscriptions.setGroup(STAFF.target(), "sales")))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining(message);
    assertThat(sql.refusal("set_group", "public.orders", "hr").message())
        .as("the name of the group of all other tables of that database")
        .contains("is one of the source database hr, as of public.staff");
    assertThat(groupOf(STAFF)).isNull();
    assertThat(commands()).isEmpty();
    // What is not refused, since nobody knew, are two groups.
    await(subscriptions.activate(LINES, "crm"));
    Subscription other = await(subscriptions.activate(Mapping.parse("crm.app.c:public.c")));
    assertThat(other.group(Grouping.DATABASE)).contains(new TableGroup("crm", "crm"));
    assertThat(await(subscriptions.all()).get(1).group(Grouping.DATABASE))
        .contains(new TableGroup("shop", "crm"));
  }

  @Test
  void aTableThatIsNotSubscribedIsRefusedUnlessACommandWillSubscribeIt() throws SQLException {
    SqlCall.Refusal refusal = sql.refusal("set_group", "public.orders", "sales");
    assertThat(refusal.sqlState()).isEqualTo("42704");
    assertThat(refusal.message()).isEqualTo("public.orders is not subscribed");
    assertThat(sql.refusal("set_group", null, "sales").message()).contains("must not be null");
    assertThat(sql.refusal("set_group", ORDERS.toString(), "sales").message())
        .contains("must be named without its source");
    sql.call("add_table", ORDERS.toString(), "now");
    sql.call("set_group", "public.orders", "sales");
    assertThat(commands()).hasSize(2);
  }

  /** What a service of the version before does goes on, and leaves the groups alone. */
  @Test
  void aServiceOfTheVersionBeforeGoesOnBesideIt() throws SQLException {
    var old = database.server().createDatabase();
    var scripts = new ControlScripts("_creek_consumer");
    old.execute(
        "drop role if exists old_service, old_user",
        "create role old_service",
        "create role old_user",
        "create schema _creek_consumer");
    old.execute(scripts.createVersionTable());
    for (int version = 1; version < 15; version++) {
      old.execute(
          scripts.toVersion(version),
          "insert into _creek_consumer._version (version) values (" + version + ")");
    }
    old.execute(
        "grant usage on schema _creek_consumer to old_service, old_user",
        "grant select, insert, update, delete on all tables in schema _creek_consumer to old_service",
        "grant execute on function _creek_consumer._submit(text, text, text, text, text, bigint)"
            + " to old_service",
        "grant execute on function _creek_consumer.add_table(text), _creek_consumer.resync(text)"
            + " to old_user",
        """
        insert into _creek_consumer.subscriptions (topic, target, active, stream_seq)
        values ('shop.app.orders', 'public.orders', true, 7), ('nonsense', 'more', true, null)
        """,
        "create table public.orders (id int)");
    var opened = PostgresTarget.connect(DatabaseOptions.of(old.patientUri()));
    assertThat(await(opened.subscriptionsAsTheyAre()))
        .extracting(s -> s.position().sequence(), Subscription::groupName)
        .containsExactly(tuple(7L, null));
    await(opened.subscriptions().migrate());
    assertThat(await(opened.subscriptions().setGroup(ORDERS.target(), "sales"))).isTrue();
    try (var connection = SqlCall.of(old).connect();
        var statement = connection.createStatement()) {
      statement.execute("set role old_service");
      statement.execute(
          """
          insert into _creek_consumer.subscriptions as s (topic, target, lsn, "timestamp", active, state, updated_at)
          values ('shop.app.orders', 'public.orders', '0/0', '0001-01-01 00:00:00+00', true, 'waiting', now())
          on conflict (target) do update set active = true, updated_at = now()
          """);
      statement.execute(
          "select _creek_consumer._submit('add_table', 'shop.app.orders', 'public.orders', null, null, null)");
      statement.execute(
          "update _creek_consumer.subscriptions set stream_seq = 8, epoch = epoch + 1");
      statement.execute("set role old_user");
      statement.execute("select _creek_consumer.add_table('shop.app.orders:public.orders')");
      statement.execute("select _creek_consumer.set_group('public.orders', 'sales')");
    }
    assertThat(await(opened.subscriptions().all()))
        .extracting(s -> s.position().sequence(), Subscription::groupName)
        .containsExactly(tuple(8L, "sales"));
    assertThat(old.query("select command from _creek_consumer._notification_log order by id"))
        .containsExactly(List.of("ADD " + ORDERS), List.of("SET_GROUP \"sales\" public.orders"));
    // A service of this version under the old role's rights, which nobody has extended by hand.
    old.execute("alter role old_service login password 'x'");
    var plain =
        PostgresTarget.connect(
            DatabaseOptions.of(
                "postgres://old_service:x@%s:%d/%s"
                    .formatted(old.server().host(), old.server().port(), old.name())));
    assertThat(await(plain.subscriptions().activate(LINES, "sales")).groupName())
        .isEqualTo("sales");
    assertThat(await(plain.subscriptions().setGroup(LINES.target(), null))).isTrue();
    assertThat(await(plain.commands().submit(new Command.Resync(LINES, "sales")))).isPositive();
    await(plain.close());
    await(opened.close());
    old.execute("drop owned by old_service, old_user");
    old.drop();
    database.execute("drop role old_service, old_user");
  }
}
