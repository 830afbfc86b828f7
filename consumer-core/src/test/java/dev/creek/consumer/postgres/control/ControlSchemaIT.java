package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.testing.GoConsumer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.Lsn;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.util.PGInterval;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Migration and subscriptions on a real server. */
final class ControlSchemaIT {
  private static final Mapping ORDERS = Mapping.parse("shop.app.orders:public.orders");

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  private final List<PostgresTarget> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(target -> await(target.close()));
  }

  private PostgresTarget connect(DatabaseOptions options) {
    var target = PostgresTarget.connect(options);
    opened.add(target);
    return target;
  }

  private PostgresTarget connect(PostgresDatabase database) {
    return connect(DatabaseOptions.of(database.patientUri()));
  }

  private PostgresTarget migrated(PostgresDatabase database) {
    var target = connect(database);
    await(target.subscriptions().migrate());
    return target;
  }

  @Test
  void migratesAnEmptyDatabaseTwiceWithoutAChange(PostgresDatabase database) {
    migrated(database);
    String catalog =
        "select string_agg(attrelid::regclass || '.' || attname || attnum, ',' order by attrelid,"
            + " attnum) from pg_attribute a join pg_class c on c.oid = attrelid"
            + " where relnamespace = '_creek_consumer'::regnamespace";
    String before = database.value(catalog);
    migrated(database);
    assertThat(database.value(catalog)).isEqualTo(before).contains("stream_seq");
    assertThat(database.value("select count(*) = max(version) from _creek_consumer._version"))
        .isEqualTo("t");
  }

  @Test
  void migratesOnceWhenManyStartTogether(PostgresDatabase database) {
    var all =
        Flux.range(0, 6)
            .map(n -> connect(database))
            .flatMap(target -> target.subscriptions().migrate(), 6);
    await(all);
    assertThat(database.value("select count(*) = max(version) from _creek_consumer._version"))
        .isEqualTo("t");
  }

  @Test
  void keepsTheRowsThatTheGoConsumerLeft(PostgresDatabase database) {
    database.execute(
        GoConsumer.TABLES,
        """
        insert into _creek_consumer.subscriptions values
          ('shop.app.b', 'public.b', '16/B374D848', '2024-05-01 10:00:00.123456+00', true),
          ('shop.app.a', 'public.a', '0/0', '0001-01-01 00:00:00+00', true),
          ('shop.app.c', 'public.c', null, null, null),
          ('shop.app."D"', 'public."D"', '0/0', '0001-01-01 00:00:00+00', true),
          ('nonsense', 'more', '0/0', '0001-01-01 00:00:00+00', true)
        """);
    var subscriptions = await(migrated(database).subscriptions().all());
    assertThat(subscriptions)
        .extracting(s -> s.mapping().toString(), Subscription::active, Subscription::position)
        .containsExactlyInAnyOrder(
            tuple("shop.app.a:public.a", true, Position.NONE),
            tuple(
                "shop.app.b:public.b",
                true,
                new Position(
                    null,
                    0,
                    Lsn.parse("16/B374D848"),
                    Instant.parse("2024-05-01T10:00:00.123456Z"))),
            tuple("shop.app.c:public.c", false, Position.NONE),
            tuple("shop.app.D:public.D", true, Position.NONE));
  }

  @Test
  void keepsTheLogAndReplacesTheFunctionsThatTheGoConsumerLeft(PostgresDatabase database)
      throws SQLException {
    database.execute(
        GoConsumer.TABLES,
        GoConsumer.FUNCTIONS,
        """
        insert into _creek_consumer._notification_log values
          ('2024-05-01 10:00+00', 'ADD shop.app.a:public.a', 'ok'),
          ('2024-05-01 11:00+00', 'CREATE shop.app.b:public.b', 'no schema')
        """);
    var target = migrated(database);
    assertThat(
            database.query(
                "select * from (select timestamp at time zone 'utc', command, status"
                    + " from _creek_consumer._notification_log) as old order by 1"))
        .containsExactly(
            List.of("2024-05-01 10:00:00", "ADD shop.app.a:public.a", "ok"),
            List.of("2024-05-01 11:00:00", "CREATE shop.app.b:public.b", "no schema"));
    assertThat(await(target.commands().pending())).as("done is done").isEmpty();
    long id = SqlCall.of(database).id("create_schema", "shop.app.b:public.b");
    assertThat(id).isEqualTo(3);
    assertThat(await(target.commands().newest(9)))
        .extracting(CommandRecord::command, CommandRecord::outcome)
        .containsExactly(
            tuple("CREATE shop.app.b:public.b", CommandOutcome.PENDING),
            tuple("CREATE shop.app.b:public.b", CommandOutcome.FAILED),
            tuple("ADD shop.app.a:public.a", CommandOutcome.OK));
    // What the Go consumer runs when it comes back, and what it writes.
    database.execute(
        "drop function _creek_consumer.add_table(text), _creek_consumer.create_schema,"
            + " _creek_consumer.snapshot, _creek_consumer.apply_snapshot,"
            + " _creek_consumer.remove_table(text)",
        GoConsumer.FUNCTIONS,
        "insert into _creek_consumer._notification_log (command, status) values ('ADD x', 'ok')");
  }

  @Test
  void theScriptForAnAdministratorMakesTheSame(PostgresDatabase database) {
    migrated(database);
    var everything =
        """
        select string_agg(thing, E'\n' order by thing) from (
          select format('%s %s %s %s', c.relname, attname, attnum, format_type(atttypid, atttypmod))
          from pg_attribute join pg_class c on c.oid = attrelid
          where relnamespace = '_creek_consumer'::regnamespace and attnum > 0
          union all
          select pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc
          where pronamespace = '_creek_consumer'::regnamespace) as things (thing)
        """;
    String expected = database.value(everything);
    String script = PostgresTarget.controlSql("_creek_consumer", null, null);
    database.execute(script);
    assertThat(database.value(everything)).as("where it is there").isEqualTo(expected);
    var fresh = database.server().createDatabase();
    fresh.execute(script);
    assertThat(fresh.value(everything)).as("from nothing").isEqualTo(expected);
    var old = database.server().createDatabase();
    old.execute(
        GoConsumer.TABLES,
        GoConsumer.FUNCTIONS,
        "insert into _creek_consumer.subscriptions values ('shop.app.\"D\"', 'public.\"D\"')",
        script);
    assertThat(old.value(everything)).as("from the Go consumer's").isEqualTo(expected);
    assertThat(old.query("select topic, target from _creek_consumer.subscriptions"))
        .containsExactly(List.of("shop.app.D", "public.D"));
    fresh.drop();
    old.drop();
  }

  @Test
  void letsARoleCallTheFunctionsAndNobodyElse(PostgresDatabase database) throws SQLException {
    database.execute(
        "drop role if exists operators, ann, joe",
        "create role operators",
        "create role ann login password 'x' in role operators",
        "create role joe login password 'x'",
        "create table public.secrets (id int)");
    var options =
        DatabaseOptions.builder(database.patientUri(), Map.of()).controlRole("operators").build();
    await(
        Flux.range(0, 4)
            .map(n -> connect(options))
            .flatMap(target -> target.subscriptions().migrate(), 4));
    database.execute("grant usage on schema _creek_consumer to joe");
    var ann = SqlCall.of(database, "ann", "x");
    var joe = SqlCall.of(database, "joe", "x");
    long id = ann.id("create_schema", "shop.app.secrets:public.secrets");
    assertThat(ann.id("add_table", "shop.app.secrets:public.secrets"))
        .as("without rights on the table")
        .isEqualTo(id + 1);
    assertThat(ann.call("wait_for", id, new PGInterval("0"))).isEqualTo("queued");
    assertThat(
            database.query("select distinct requested_by from _creek_consumer._notification_log"))
        .containsExactly(List.of("ann"));
    assertThat(joe.refusal("create_schema", "shop.app.a:public.a").sqlState()).isEqualTo("42501");
    assertThat(joe.refusal("wait_for", id, new PGInterval("0")).sqlState()).isEqualTo("42501");
    assertThat(ann.refusal("_submit", "create_schema", "a.b.c", "d.e", "", "", 1L).sqlState())
        .as("what is not for users")
        .isEqualTo("42501");
    try (var user = ann.connect();
        var statement = user.createStatement()) {
      assertThat(statement.executeQuery("select * from _creek_consumer.subscriptions").next())
          .isFalse();
      assertThatThrownBy(() -> statement.execute("delete from _creek_consumer._notification_log"))
          .hasMessageContaining("permission denied");
    }
    database.execute("drop owned by operators, ann, joe", "drop role operators, ann, joe");
  }

  @Test
  void saysWhatToDoWhereTheRoleIsMissing(PostgresDatabase database) {
    var options =
        DatabaseOptions.builder(database.patientUri(), Map.of()).controlRole("nobody").build();
    assertThatThrownBy(() -> await(connect(options).subscriptions().migrate()))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.hint()).contains("create the role"));
  }

  @Test
  void needsOnlyWhatTheScriptGrantsWhereEverythingIsThere(PostgresDatabase database) {
    database.execute(
        "drop role if exists plain_user, operators",
        "create role operators",
        "create role plain_user login password 'x'",
        PostgresTarget.controlSql("_creek_consumer", "operators", "plain_user"));
    var server = database.server();
    var plain =
        connect(
            DatabaseOptions.builder(
                    "postgres://plain_user:x@%s:%d/%s"
                        .formatted(server.host(), server.port(), database.name()),
                    Map.of())
                .controlRole("operators")
                .build());
    await(plain.subscriptions().migrate());
    assertThat(await(plain.subscriptions().activate(ORDERS)).active()).isTrue();
    await(plain.schemaCache().put(ORDERS.source(), new Fingerprint(1), "text"));
    long id = await(plain.commands().submit(new Command.RemoveTable(ORDERS.target())));
    await(plain.commands().take(id));
    await(plain.commands().finish(id, CommandRecord.OK, null, null));
    assertThat(await(plain.commands().find(id)).outcome()).isEqualTo(CommandOutcome.OK);
    assertThat(await(plain.commands().prune())).isZero();
    database.execute(
        "drop owned by plain_user, operators", "drop role plain_user", "drop role operators");
  }

  @Test
  void saysWhatToDoWhereItMayNotCreate(PostgresDatabase database) {
    database.execute(
        "drop role if exists nobody_much", "create role nobody_much login password 'x'");
    var server = database.server();
    var plain =
        connect(
            DatabaseOptions.of(
                "postgres://nobody_much:x@%s:%d/%s"
                    .formatted(server.host(), server.port(), database.name())));
    assertThatThrownBy(() -> await(plain.subscriptions().migrate()))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint())
                  .contains("once as a role that may create")
                  .contains("init --print-sql");
            });
    database.execute("drop role nobody_much");
  }

  @Test
  void takesAControlSchemaOfAnyName(PostgresDatabase database) {
    var options =
        DatabaseOptions.builder(database.patientUri(), Map.of())
            .controlSchema("Odd \"name\" $1 %s");
    var target = connect(options.build());
    await(target.subscriptions().migrate());
    await(target.subscriptions().activate(ORDERS));
    assertThat(await(target.subscriptions().all())).hasSize(1);
  }

  @Test
  void subscribesKeepingThePositionOfAnEarlierTime(PostgresDatabase database) {
    var subscriptions = migrated(database).subscriptions();
    var fresh = await(subscriptions.activate(ORDERS));
    assertThat(fresh.position()).isEqualTo(Position.NONE);
    assertThat(fresh.state()).isEqualTo(new TableState(TableState.Name.WAITING, null, null));
    database.execute(
        "update _creek_consumer.subscriptions set stream_name = 's', stream_seq = 7,"
            + " stream_created = '2024-01-01T00:00:00.123456789Z'");
    assertThat(await(subscriptions.deactivate(ORDERS.target()))).isTrue();
    var inactive = await(subscriptions.all()).get(0);
    assertThat(inactive.active()).isFalse();
    assertThat(inactive.state().name()).isEqualTo(TableState.Name.INACTIVE);
    var again = await(subscriptions.activate(ORDERS));
    assertThat(again.position().sequence()).isEqualTo(7);
    assertThat(again.position().stream().created())
        .isEqualTo(Instant.parse("2024-01-01T00:00:00.123456789Z"));
    assertThat(await(subscriptions.deactivate(new TargetTable("no", "such")))).isFalse();
  }

  @Test
  void refusesASecondSourceForATarget(PostgresDatabase database) {
    var subscriptions = migrated(database).subscriptions();
    await(subscriptions.activate(ORDERS));
    var other = Mapping.parse("shop.app.invoices:public.orders");
    assertThatThrownBy(() -> await(subscriptions.activate(other)))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("public.orders is subscribed to another source");
  }

  @Test
  void tablesThatAreAddedTogetherAreAllThereWithTheirMarksAndEachHasItsOwnError(
      PostgresDatabase database) {
    var subscriptions = migrated(database).subscriptions();
    await(subscriptions.activate(ORDERS));
    List<Mapping> mappings = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      mappings.add(Mapping.parse("shop.app.t%1$d:public.t%1$d".formatted(i)));
    }
    mappings.add(Mapping.parse("shop.app.invoices:public.orders"));
    mappings.add(Mapping.parse("shop.app.another:public.t7"));
    List<String> refused = Collections.synchronizedList(new ArrayList<>());
    List<Subscription> added =
        await(
            Flux.fromIterable(mappings)
                .flatMap(
                    mapping ->
                        subscriptions
                            .activate(mapping)
                            .onErrorResume(
                                DatabaseException.class,
                                e -> {
                                  refused.add(e.getMessage());
                                  return Mono.empty();
                                }),
                    mappings.size())
                .collectList());
    assertThat(added)
        .hasSize(200)
        .allSatisfy(one -> assertThat(one.incompleteness()).hasSize(1))
        .allSatisfy(one -> assertThat(one.active()).isTrue());
    assertThat(refused)
        .hasSize(2)
        .allSatisfy(message -> assertThat(message).contains("is subscribed to another source"));
    assertThat(await(subscriptions.all().collectList())).hasSize(201);
  }

  @Test
  void leavesARowThatTheGoConsumerCanReadBack(PostgresDatabase database) {
    await(migrated(database).subscriptions().activate(ORDERS));
    assertThat(
            database.query(
                "select topic, target, lsn, timestamp, active from _creek_consumer.subscriptions"))
        .containsExactly(
            List.of("shop.app.orders", "public.orders", "0/0", "0001-01-01 00:00:00+00", "t"));
  }

  @Test
  void remembersSchemasTheTablesOwnFirst(PostgresDatabase database) {
    var cache = migrated(database).schemaCache();
    var fingerprint = new Fingerprint(42);
    var own = new SourceTable("db", "a", "t");
    var other = new SourceTable("db", "b", "t");
    await(cache.put(own, fingerprint, "old"));
    await(cache.put(own, fingerprint, "new"));
    await(cache.put(other, fingerprint, "other's"));
    await(cache.put(other, fingerprint, "old"));
    assertThat(await(cache.find(own, fingerprint))).containsExactly("new", "old", "other's");
    await(cache.put(own, fingerprint, "old"));
    assertThat(await(cache.find(own, fingerprint))).containsExactly("old", "new", "other's");
    assertThat(await(cache.find(own, new Fingerprint(43)))).isEmpty();
  }

  @Test
  void worksWithoutNamedStatements(PostgresDatabase database) {
    var options =
        DatabaseOptions.builder(database.patientUri(), Map.of()).pooler(Pooler.TRANSACTION);
    var target = connect(options.build());
    await(target.subscriptions().migrate());
    await(target.subscriptions().activate(ORDERS));
    assertThat(await(target.subscriptions().all())).hasSize(1);
  }
}
