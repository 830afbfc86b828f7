package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Sessions that end while they write, or between writes. */
final class KilledSessionsIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void leavesNothingHalfAppliedWhenItsBackendIsKilled() throws SQLException {
    var line = Items.line(database);
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items in share mode");
      var batch = line.batch(ITEMS.insert(WalTx.of(1), 2, "b"));
      var failing = line.applying(batch).toFuture();
      awaitLockWait();
      other
          .createStatement()
          .execute(
              "select pg_terminate_backend(pid) from pg_stat_activity"
                  + " where wait_event_type = 'Lock' and datname = current_database()");
      assertThatThrownBy(() -> await(Mono.fromFuture(failing)))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.sqlState()).startsWith("57"));
    }
    assertThat(database.rows("items")).isEmpty();
    // Not by the target, whose pool may still hold the connection that was killed.
    assertThat(database.value("select coalesce(stream_seq, 0) from _creek_consumer.subscriptions"))
        .isEqualTo("0");
  }

  @Test
  void leavesNothingHalfAppliedWhenItsBackendIsKilledBetweenParts() {
    var line = Items.line(database);
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where state like 'idle in transaction%'");
    var rest = line.batch(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThatThrownBy(() -> line.apply(rest))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).containsPattern("^(08|57)"));
    assertThat(database.rows("items")).isEmpty();
    line.restart();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(database.rows("items")).isEqualTo("(1,a) (2,b)");
  }

  private void awaitLockWait() {
    Awaitility.await()
        .until(
            () ->
                !database
                    .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                    .equals("0"));
  }

  @Test
  void dropsAStatementThatIsStillWaitingWhenItIsClosed() throws SQLException {
    var line = Items.line(database);
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items");
      var running = line.applying(line.batch(ITEMS.insert(WalTx.of(1), 1, "a"))).subscribe();
      awaitLockWait();
      running.dispose();
      await(line.writer().close());
      Awaitility.await()
          .until(
              () ->
                  database
                      .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                      .equals("0"));
    }
    assertThat(database.rows("items")).isEmpty();
    line.reclaim();
    line.apply(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(database.rows("items")).isEqualTo("(2,b)");
  }

  @Test
  void connectsAgainAfterEveryIdleConnectionWasCut() {
    var line = Items.line(database);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where application_name = 'creek-consumer'");
    Awaitility.await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              line.restart();
              line.apply(ITEMS.insert(WalTx.of(2), 2, "b"));
            });
    assertThat(database.rows("items")).isEqualTo("(1,a) (2,b)");
  }
}
