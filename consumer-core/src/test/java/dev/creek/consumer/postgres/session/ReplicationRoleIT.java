package dev.creek.consumer.postgres.session;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Signal;

/** Rows written with {@code session_replication_role} set to replica, and the right to do so. */
final class ReplicationRoleIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("parent", "int4");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private static DatabaseOptions.Builder replica(String uri) {
    return DatabaseOptions.builder(uri, Map.of()).replicationRole(ReplicationRole.REPLICA);
  }

  /** Logs in as a role without privileges of its own, once the control schema is there. */
  private static PostgresTarget replicaAsKeeper(PostgresDatabase database) {
    postgres.connectAsKeeper(database);
    database.execute(
        "grant select, insert, update, delete on all tables in schema _creek_consumer to keeper");
    return PostgresTarget.connect(
        replica(database.patientUri().replaceFirst("://[^@]*@", "://keeper:k@")).build());
  }

  private static PostgresDatabase withTable(int version) {
    PostgresDatabase database = postgres.database(version);
    database.execute(
        "create table parents (id int primary key)",
        "create table items (id int primary key, parent int references parents)",
        """
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'an ordinary trigger fired'; end $$
        """,
        "create trigger ordinary before insert or update or delete on items"
            + " for each row execute function refuse()");
    return database;
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 17})
  void changesAndSnapshotsNeitherFireTriggersNorAreCheckedByForeignKeys(int version) {
    PostgresDatabase database = withTable(version);
    PostgresTarget target = postgres.connect(replica(database.patientUri()));
    var line = new Line(target, ITEMS);
    line.apply(ITEMS.insert(WalTx.of(1), 1, 7), ITEMS.update(WalTx.of(1), 1, 8));
    assertThat(rows(database)).isEqualTo("(1,8)");
    line.apply(ITEMS.delete(WalTx.of(2), Map.of("id", -1)));
    assertThat(database.value("select incomplete from _creek_consumer.subscriptions"))
        .as("the triggers of the control schema fire all the same")
        .contains("followed without a snapshot")
        .contains("deletes");
    var many = new ArrayList<Object[]>();
    IntStream.range(0, 900).forEach(id -> many.add(row(id, 9)));
    Load.of(target, ITEMS, SnapshotMode.CLEAN, many);
    assertThat(database.value("select count(*) from items where parent = 9")).isEqualTo("900");
    Load.of(target, ITEMS, SnapshotMode.UPSERT, List.<Object[]>of(row(1, 10)));
    assertThat(database.value("select parent from items where id = 1")).isEqualTo("10");
  }

  @Test
  void triggersThatAreEnabledForReplicasFireAndMayKeepRowsOut() {
    PostgresDatabase database = withTable(17);
    database.execute(
        """
        create function keep_out() returns trigger language plpgsql as $$
        begin return case when new.id % 2 = 0 then new end; end $$
        """,
        "create trigger odd before insert on items for each row execute function keep_out()",
        "alter table items enable replica trigger odd");
    PostgresTarget target = postgres.connect(replica(database.patientUri()));
    var line = new Line(target, ITEMS);
    var rows =
        IntStream.range(0, 900)
            .mapToObj(id -> ITEMS.insert(WalTx.of(1), id, 9))
            .toArray(WalBytes[]::new);
    line.apply(rows);
    assertThat(database.value("select count(*) from items")).isEqualTo("450");
    assertThat(
            database.value(
                "select cause || detail from _creek_consumer.incompleteness where cause = 'missed_rows'"))
        .as("rows that COPY would have lost without a word")
        .contains("not written");
  }

  @Test
  void aRoleWithoutTheRightIsToldTheGrantThatGivesIt() {
    PostgresDatabase database = withTable(17);
    PostgresTarget target = replicaAsKeeper(database);
    try {
      assertThatThrownBy(() -> await(target.requireControlSchema()))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              e -> {
                assertThat(e.sqlState()).isEqualTo("42501");
                assertThat(e.hint())
                    .contains("GRANT SET ON PARAMETER session_replication_role TO \"keeper\";");
              })
          .hasMessageContaining("may not set session_replication_role");
      List<Signal<Finding>> seen = await(target.checks().server().materialize());
      assertThat(seen).as("all else is looked at as well").hasSizeGreaterThan(2);
      var refused = (DatabaseException) seen.get(seen.size() - 1).getThrowable();
      assertThat(refused.hint()).startsWith("GRANT");
      database.execute(refused.hint());
      assertThat(await(target.checks().server()))
          .anyMatch(finding -> finding.text().contains("session_replication_role is replica"))
          .noneMatch(finding -> finding.level() == Finding.Level.PROBLEM);
    } finally {
      database.execute("revoke set on parameter session_replication_role from keeper");
      await(target.close());
    }
  }

  @Test
  void beforeParametersCouldBeGrantedItTakesASuperuser() {
    PostgresTarget target = replicaAsKeeper(withTable(13));
    try {
      assertThatThrownBy(() -> await(target.checks().server()))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.hint()).contains("superuser"));
    } finally {
      await(target.close());
    }
  }

  private static String rows(PostgresDatabase database) {
    return database.value("select string_agg(i::text, ' ' order by id) from items i");
  }
}
