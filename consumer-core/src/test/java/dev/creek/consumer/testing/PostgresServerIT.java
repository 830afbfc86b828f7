package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class PostgresServerIT {

  /** These tests are about processes of our own. */
  @BeforeEach
  void needsOurOwnServer() {
    assumeTrue(Settings.text(PostgresServer.EXTERNAL) == null && !Settings.containers());
  }

  @ParameterizedTest
  @MethodSource("dev.creek.consumer.testing.PostgresServer#versions")
  void startsEachSupportedVersion(int version) {
    try (PostgresServer server = PostgresServer.builder().version(version).start()) {
      String number = server.database("postgres").value("show server_version_num");
      assertThat(number).startsWith(Integer.toString(version));
    }
  }

  @Test
  void keepsCommittedRowsWhenKilledInTheMiddleOfATransaction() throws SQLException {
    try (PostgresServer server = PostgresServer.builder().start()) {
      PostgresDatabase database = server.createDatabase();
      database.execute("create table t (id int primary key)", "insert into t values (1)");
      try (Connection open = database.connect()) {
        open.setAutoCommit(false);
        open.createStatement().execute("insert into t values (2)");
        server.kill();
      }
      assertThat(server.isRunning()).isFalse();
      assertThatThrownBy(() -> database.query("select 1"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("listening on IPv4 address");

      int port = server.port();
      server.start();

      assertThat(server.port()).isEqualTo(port);
      assertThat(database.value("select string_agg(id::text, ',') from t")).isEqualTo("1");
    }
  }

  @Test
  void comesBackFromARestartWhileAClientIsConnected() throws SQLException {
    try (PostgresServer server = PostgresServer.builder().start()) {
      PostgresDatabase database = server.createDatabase("shop");
      database.execute("create table t (id int)", "insert into t values (1), (null)");
      try (Connection client = database.connect()) {
        server.restart();
        assertThat(client.isValid(1)).isFalse();
      }
      assertThat(database.query("select id from t order by id"))
          .extracting(row -> row.get(0))
          .containsExactly("1", null);
    }
  }

  @Test
  void takesSettings() {
    try (PostgresServer server =
        PostgresServer.builder().setting("max_connections", "33").fsync(true).start()) {
      PostgresDatabase database = server.database("postgres");
      assertThat(database.value("show max_connections")).isEqualTo("33");
      assertThat(database.value("show fsync")).isEqualTo("on");
      assertThat(database.value("show wal_level")).isEqualTo("logical");
    }
  }

  @Test
  void sendsTheServersLogWithTheFailureToStart() {
    assertThatThrownBy(() -> PostgresServer.builder().setting("no_such_setting", "1").start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("unrecognized configuration parameter \"no_such_setting\"");
  }
}
