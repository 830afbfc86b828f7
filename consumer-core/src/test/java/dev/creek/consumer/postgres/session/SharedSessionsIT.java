package dev.creek.consumer.postgres.session;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions as each kind of pooler needs them, without one: nothing may differ but their ways. */
final class SharedSessionsIT {
  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final long KEY = 4711;

  private PostgresDatabase database;
  private Sessions sessions;

  @BeforeEach
  void create() {
    database = postgres.freshDatabase();
    database.execute("create table t (id int primary key)");
  }

  @AfterEach
  void close() {
    await(sessions.close());
  }

  private void connect(Pooler pooler) {
    sessions =
        new Sessions(
            DatabaseOptions.builder(database.patientUri(), Map.of()).pooler(pooler).build());
  }

  @ParameterizedTest
  @EnumSource
  void areNotSharedWithoutAPooler(Pooler pooler) {
    connect(pooler);
    assertThat(await(SharedSessions.areSeen(sessions))).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void aLockIsHeldUntilItsSessionEnds(Pooler pooler) {
    connect(pooler);
    Session one = await(sessions.borrow());
    Session other = await(sessions.borrow());
    assertThat(await(one.tryLock(KEY))).isTrue();
    await(one.execute("insert into public.t values (1)"));
    assertThat(await(other.tryLock(KEY))).isFalse();
    await(one.end());
    assertThat(await(other.tryLock(KEY))).isTrue();
    await(other.end());
    assertThat(database.value("select count(*) from pg_locks where objid = " + KEY)).isEqualTo("0");
  }

  @ParameterizedTest
  @EnumSource
  void goOnBehindAStatementThatFailed(Pooler pooler) {
    connect(pooler);
    Session session = await(sessions.borrow());
    await(session.execute("insert into public.t values (1)"));
    await(session.execute("insert into public.t values (1)").onErrorComplete());
    await(session.execute("insert into public.t values (2)"));
    assertThat(
            await(
                session.query(
                    "select count(*) from public.t", s -> {}, row -> row.get(0, Long.class))))
        .containsExactly(2L);
    await(session.end());
    assertThat(sessions.poolUse().inUse()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void haveTheirSettingsInEveryStatement(Pooler pooler) {
    connect(pooler);
    Session session = await(sessions.borrow());
    for (int i = 0; i < 2; i++) {
      assertThat(
              await(
                  session.query(
                      "select concat_ws(' ', current_setting('search_path'),"
                          + " current_setting('row_security'), current_setting('lock_timeout'),"
                          + " current_setting('TimeZone'), current_setting('extra_float_digits'))",
                      statement -> {},
                      row -> row.get(0, String.class))))
          .containsExactly("pg_catalog off 30s UTC 2");
    }
    await(session.end());
  }
}
