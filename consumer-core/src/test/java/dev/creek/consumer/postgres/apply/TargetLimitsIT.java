package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Operations.Prospect;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.stream.Diagnosis;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a target's server and database forbid, rather than its tables: whether it is waited for, and
 * what somebody is told to do.
 */
final class TargetLimitsIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private static final WalTx TX = WalTx.of(1);
  private static final TableWire TEXTS =
      TableWire.of("app", "t").column("id", "int4", KEY).column("w", "text").column("v", "text");
  private static final TargetTable TABLE = new TargetTable("public", "t");

  private static Diagnosis diagnosis(Throwable refused) {
    return Diagnosis.of(refused, TABLE);
  }

  private static String sqlState(Throwable refused) {
    return ((DatabaseException) refused).sqlState();
  }

  @Test
  void aCharacterThatTheDatabaseLacksStopsTheTableAndNamesTheColumn() {
    String name = "latin_" + Long.toHexString(System.nanoTime());
    database
        .server()
        .execute(
            "postgres",
            "create database %s encoding 'LATIN1' locale 'C' template template0".formatted(name));
    PostgresDatabase latin = database.server().database(name);
    PostgresTarget target = PostgresTarget.connect(DatabaseOptions.of(latin.patientUri()));
    try {
      await(target.subscriptions().migrate());
      latin.execute("create table t (id int primary key, w varchar(9), v varchar(9))");
      var line = new Line(target, TEXTS);
      line.apply(TEXTS.insert(TX, 1, "ü", "é"));
      Throwable refused = catchThrowable(() -> line.apply(TEXTS.insert(TX, 2, "ü", "€")));
      assertThat(sqlState(refused)).isEqualTo("22P05");
      assertThat(refused).hasMessageContaining("column \"v\"").hasMessageNotContaining("0xe2");
      assertThat(diagnosis(refused).prospect()).isEqualTo(Prospect.NONE);
      assertThat(diagnosis(refused).hint())
          .contains("ENCODING 'UTF8' TEMPLATE template0;", "skip_change('public.t', N);")
          .doesNotContain("ALTER TABLE");
      Throwable snapshot =
          catchThrowable(
              () ->
                  Load.of(
                      target,
                      TEXTS,
                      SnapshotMode.CLEAN,
                      List.<Object[]>of(new Object[] {2, "ü", "€"})));
      assertThat(sqlState(snapshot)).isEqualTo("22P05");
      assertThat(snapshot).hasMessageContaining("column \"v\"");
      assertThat(diagnosis(snapshot).hint())
          .contains("ENCODING 'UTF8' TEMPLATE template0;", "snapshot --mode clean")
          .doesNotContain("skip_change");
    } finally {
      await(target.close());
      latin.drop();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "default_transaction_read_only = on, 25006, target_session_attrs=read-write",
    "connection limit 0, 53300, ",
  })
  void aServerThatTakesNothingForNowIsWaitedFor(String setting, String sqlState, String hint) {
    database.execute("create table t (id int primary key, w text, v text)");
    String role = "limited_" + Long.toHexString(System.nanoTime());
    database.execute(
        "create role " + role + " login password 'secret'",
        "alter role " + role + (setting.contains("=") ? " set " : " ") + setting,
        "grant usage on schema _creek_consumer to " + role,
        "grant select, insert, update, delete on all tables in schema _creek_consumer to " + role);
    String uri = database.uriAs(role, "secret");
    var limited = PostgresTarget.connect(DatabaseOptions.of(uri));
    try {
      Throwable refused = catchThrowable(() -> new Line(limited, TEXTS));
      assertThat(sqlState(refused)).isEqualTo(sqlState);
      assertThat(diagnosis(refused).prospect()).isEqualTo(Prospect.PASSES);
      if (hint == null) {
        assertThat(diagnosis(refused).hint()).isNull();
      } else {
        assertThat(diagnosis(refused).hint()).contains(hint);
      }
    } finally {
      await(limited.close());
      database.execute("drop owned by " + role, "drop role " + role);
    }
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void whoHoldsALockIsNamedForChangesAndForSnapshots(SnapshotMode mode) throws Exception {
    database.execute("create table t (id int primary key, w text, v text)");
    var target =
        database.connect(
            DatabaseOptions.builder(database.patientUri(), Map.of())
                .lockTimeout(Duration.ofMillis(100))
                .build());
    try (var other = database.openConnection();
        var statement = other.createStatement()) {
      var line = new Line(target, TEXTS);
      other.setAutoCommit(false);
      statement.execute("set application_name = 'backup'");
      statement.execute("lock table t in exclusive mode");
      Throwable refused =
          mode == SnapshotMode.CLEAN
              ? catchThrowable(() -> line.apply(TEXTS.insert(TX, 1, "a", "b")))
              : catchThrowable(
                  () ->
                      Load.of(target, TEXTS, mode, List.<Object[]>of(new Object[] {1, "a", "b"})));
      assertThat(sqlState(refused)).isEqualTo("55P03");
      assertThat(refused)
          .hasMessageMatching(
              "(?s).*, while session \\d+ \\(backup, idle in transaction\\) has locks on it.*");
      assertThat(((DatabaseException) refused).hint()).contains("select pg_terminate_backend(");
      assertThat(diagnosis(refused).prospect()).isEqualTo(Prospect.PASSES);
    }
  }

  @Test
  void aColumnThatBecameGeneratedIsSeenWithTheNextAttempt() {
    database.execute("create table t (id int primary key, w text, v text)");
    var line = database.line(TEXTS);
    line.apply(TEXTS.insert(TX, 1, "a", "b"));
    database.execute(
        "alter table t drop column v",
        "alter table t add column v text generated always as ('made of ' || w) stored");
    Throwable refused = catchThrowable(() -> line.apply(TEXTS.insert(TX, 2, "c", "d")));
    assertThat(sqlState(refused)).isEqualTo("428C9");
    assertThat(diagnosis(refused).hint()).contains("the next attempt reads its columns again");
    line.restart();
    line.apply(TEXTS.insert(TX, 2, "c", "d"));
    assertThat(database.value("select v from t where id = 2")).isEqualTo("made of c");
  }
}
