package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.postgres.TargetDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** States as they are now, whatever a process that is gone or silent said last. */
final class PresentStatesIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private Connection session;

  @BeforeEach
  void follow() throws SQLException {
    session = database.openConnection();
    for (String table : List.of("failed", "gap", "streaming", "waiting")) {
      await(
          database
              .target()
              .subscriptions()
              .activate(Mapping.parse("db.app." + table + ":copy." + table)));
    }
    database.execute(
        """
        update _creek_consumer.subscriptions
        set owner = 'one', state = split_part(target, '.', 2), lag = interval '3 seconds',
            reason = case when state <> 'streaming' then 'what it said' end, hint = 'its hint'""",
        "update _creek_consumer.subscriptions set reason = null where state = 'streaming'");
  }

  @AfterEach
  void close() throws SQLException {
    session.close();
  }

  /** The instance that has all tables, with this session, and silent for so long. */
  private void instance(boolean connected, String silentFor) throws SQLException {
    database.execute("delete from _creek_consumer.instances");
    String its =
        connected
            ? "(select pid from me), (select backend_start from me)"
            : "(select pid from me), timestamptz '2000-01-01'";
    session
        .createStatement()
        .execute(
            """
            with me as (select pid, backend_start from pg_stat_activity where pid = pg_backend_pid())
            insert into _creek_consumer.instances (id, host, process, version, serving, snapshots,
                heartbeat_at, session_pid, session_started)
            values ('one', 'web', 7, '1', true, '{}', clock_timestamp() - interval '%s', %s)"""
                .formatted(silentFor, its));
  }

  private TableState state(String table) {
    return await(database.target().subscriptions().present()).stream()
        .filter(subscription -> subscription.mapping().target().table().equals(table))
        .map(Subscription::state)
        .findFirst()
        .orElseThrow();
  }

  private String shown(String column, String table) {
    return database.value(
        "select %s from _creek_consumer.status where target = 'copy.%s'".formatted(column, table));
  }

  @Test
  void ofOneThatIsThereAreWhatItSays() throws SQLException {
    instance(true, "1 second");
    for (String table : List.of("failed", "gap", "streaming", "waiting")) {
      assertThat(shown("state", table)).isEqualTo(table);
      assertThat(shown("hint", table)).isEqualTo("its hint");
      assertThat(shown("lag", table)).isEqualTo("00:00:03");
      assertThat(shown("instance", table)).isEqualTo("web:7");
    }
    assertThat(state("waiting").reason()).isEqualTo("what it said");
    assertThat(state("streaming").reason()).isNull();
  }

  @Test
  void ofOneThatIsSilentAreNotKnownAndItIsSaidWhatItSaidLast() throws SQLException {
    instance(true, "20 seconds");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.UNKNOWN);
    assertThat(state("streaming").reason())
        .matches(
            "web:7, which has the table, has not shown itself for 2\\d s; it said last: streaming");
    assertThat(state("waiting").reason()).endsWith("it said last: waiting, what it said");
    assertThat(shown("lag", "streaming")).as("nobody knows").isNull();
    assertThat(shown("seen_at < now() - interval '19 seconds'", "streaming")).isEqualTo("t");
    assertThat(state("failed").name())
        .as("it stays where it stopped")
        .isEqualTo(TableState.Name.FAILED);
    assertThat(state("gap").hint()).isEqualTo("its hint");
  }

  @Test
  void ofOneWhoseConnectionHasJustEndedAreNotKnownForAMoment() throws SQLException {
    instance(false, "3 seconds");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.UNKNOWN);
    instance(false, "11 seconds");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.WAITING);
  }

  @Test
  void ofOneThatIsGoneAreThatItIsGoneAndWhenItWasSeenLast() throws SQLException {
    instance(false, "1 hour");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.WAITING);
    assertThat(state("streaming").reason())
        .contains("no service is connected to this database", "showed itself last at 20");
    assertThat(state("waiting").hint()).isNull();
    assertThat(state("failed").reason()).isEqualTo("what it said");
    database.execute("delete from _creek_consumer.instances");
    assertThat(state("streaming").reason())
        .isEqualTo("no service is connected to this database that would apply its changes");
    assertThat(shown("instance", "streaming")).isNull();
  }

  @Test
  void ofOneThatIsGoneWhileAnotherIsThereAreThatTheyHaveNotBeenTakenOver() throws SQLException {
    instance(true, "1 second");
    database.execute("update _creek_consumer.subscriptions set owner = 'another'");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.WAITING);
    assertThat(state("streaming").reason()).contains("another one has not taken it over yet");
    database.execute("update _creek_consumer.subscriptions set owner = null, reason = null");
    assertThat(state("waiting").reason()).as("nobody has claimed it yet").isNull();
  }

  @Test
  void behindAPoolerAreToldByTheHeartbeatAlone() throws SQLException {
    instance(true, "30 seconds");
    database.execute(
        "update _creek_consumer.instances set session_pid = null, session_started = null");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.UNKNOWN);
    database.execute(
        "update _creek_consumer.instances set heartbeat_at = now() - interval '2 minutes'");
    assertThat(state("streaming").name()).isEqualTo(TableState.Name.WAITING);
  }

  @Test
  void mayBeReadByWhoeverMayReadWhatIsStored() {
    database.execute(
        "drop role if exists watcher",
        "create role watcher",
        "grant usage on schema _creek_consumer to watcher");
    database.execute("grant watcher to current_user");
    var scripts = new ControlScripts("_creek_consumer");
    database.execute("grant select on _creek_consumer.subscriptions to watcher");
    database.execute(scripts.toVersion(14));
    assertThat(
            database.value(
                "select has_table_privilege('watcher', '_creek_consumer.status', 'select')"
                    + " and has_table_privilege('watcher', '_creek_consumer.presence', 'select')"))
        .isEqualTo("t");
    database.execute("drop owned by watcher", "drop role watcher");
  }
}
