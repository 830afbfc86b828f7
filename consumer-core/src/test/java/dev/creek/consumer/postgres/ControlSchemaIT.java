package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.ApplyException;
import dev.creek.consumer.stream.Position;
import dev.creek.consumer.stream.Subscription;
import dev.creek.consumer.stream.TableState;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.Lsn;
import dev.creek.consumer.wire.SourceTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** Migration and subscriptions on a real server. */
final class ControlSchemaIT {
  private static final String GO_TABLES =
      """
      create schema _creek_consumer;
      create table _creek_consumer.subscriptions (
        topic text, target text, lsn pg_lsn, timestamp timestamptz, active bool,
        constraint pk_creek_subscriptions primary key (target));
      create table _creek_consumer._notification_log (
        timestamp timestamptz default now(), command text, status text,
        constraint pk_creek_notification_log primary key (timestamp));
      """;

  private static final Mapping ORDERS = Mapping.parse("shop.app.orders:public.orders");

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  private final List<PostgresTarget> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(target -> await(target.close()));
  }

  private PostgresTarget connect(PostgresOptions options) {
    var target = PostgresTarget.connect(options);
    opened.add(target);
    return target;
  }

  private PostgresTarget connect(PostgresDatabase database) {
    return connect(PostgresOptions.of(database.uri()));
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
    assertThat(database.value("select count(*) from _creek_consumer._version")).isEqualTo("3");
  }

  @Test
  void migratesOnceWhenManyStartTogether(PostgresDatabase database) {
    var all =
        Flux.range(0, 6)
            .map(n -> connect(database))
            .flatMap(target -> target.subscriptions().migrate(), 6);
    await(all);
    assertThat(database.value("select count(*) from _creek_consumer._version")).isEqualTo("3");
  }

  @Test
  void keepsTheRowsThatTheGoConsumerLeft(PostgresDatabase database) {
    database.execute(
        GO_TABLES,
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
  void needsNoRightToCreateWhereEverythingIsThere(PostgresDatabase database) {
    migrated(database);
    database.execute(
        "drop role if exists plain_user",
        "create role plain_user login password 'x'",
        "grant usage on schema _creek_consumer to plain_user",
        "grant select, insert, update on all tables in schema _creek_consumer to plain_user");
    var server = database.server();
    var plain =
        connect(
            PostgresOptions.of(
                "postgres://plain_user:x@%s:%d/%s"
                    .formatted(server.host(), server.port(), database.name())));
    await(plain.subscriptions().migrate());
    assertThat(await(plain.subscriptions().activate(ORDERS)).active()).isTrue();
    database.execute("drop owned by plain_user", "drop role plain_user");
  }

  @Test
  void saysWhatToDoWhereItMayNotCreate(PostgresDatabase database) {
    database.execute(
        "drop role if exists nobody_much", "create role nobody_much login password 'x'");
    var server = database.server();
    var plain =
        connect(
            PostgresOptions.of(
                "postgres://nobody_much:x@%s:%d/%s"
                    .formatted(server.host(), server.port(), database.name())));
    assertThatThrownBy(() -> await(plain.subscriptions().migrate()))
        .isInstanceOfSatisfying(
            ApplyException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).contains("once as a role that may create");
            });
    database.execute("drop role nobody_much");
  }

  @Test
  void takesAControlSchemaOfAnyName(PostgresDatabase database) {
    var options =
        PostgresOptions.builder(database.uri(), Map.of()).controlSchema("Odd \"name\" $1 %s");
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
        .isInstanceOf(ApplyException.class)
        .hasMessageContaining("public.orders is subscribed to another source");
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
    var options = PostgresOptions.builder(database.uri(), Map.of()).preparedStatements(false);
    var target = connect(options.build());
    await(target.subscriptions().migrate());
    await(target.subscriptions().activate(ORDERS));
    assertThat(await(target.subscriptions().all())).hasSize(1);
  }
}
