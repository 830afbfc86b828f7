package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Finding.Level;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PgBouncer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import reactor.core.Disposable;

/** Debian's PgBouncer between the consumer and its databases; skipped where there is none. */
final class PoolerIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  /**
   * Everything that sessions are told at their start, so that nobody minds, and nobody heeds it.
   */
  private static final String IGNORING =
      "ignore_startup_parameters = extra_float_digits,search_path,statement_timeout,lock_timeout,"
          + "plan_cache_mode,enable_seqscan,enable_hashjoin,enable_mergejoin,jit,"
          + "tcp_keepalives_idle,tcp_keepalives_interval,tcp_keepalives_count,intervalstyle,"
          + "standard_conforming_strings,xmloption,row_security,default_transaction_isolation";

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;

  @BeforeAll
  static void find() {
    Optional<String> missing = PgBouncer.missing();
    assumeTrue(missing.isEmpty(), missing.orElse(""));
  }

  @BeforeEach
  void open() {
    for (PostgresDatabase database : List.of(source, target)) {
      database.execute("create table items (id int primary key, v text, f float8)");
    }
    source.execute("insert into items select i, 'v' || i, i / 7.0 from generate_series(1, 500) i");
  }

  private CreekConsumer consumer(DatabaseOptions options) {
    return CreekConsumer.create(path.options(options).build());
  }

  private DatabaseOptions options(PgBouncer between, Pooler pooler) {
    return DatabaseOptions.builder(between.uri(target), Map.of()).pooler(pooler).build();
  }

  private void produce() {
    producer = path.produce(Generation.NEW);
  }

  private Mapping items() {
    return Mapping.parse(source.name() + ".public.items:public.items");
  }

  private static String contents(PostgresDatabase database) {
    return database.value(
        "select md5(string_agg(concat_ws(' ', id, v, float8send(f)), ',' order by id)) from public.items");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }

  /** PgBouncer's defaults otherwise, with fewer server processes than sessions of ours. */
  private PgBouncer bouncer(String mode, String... settings) {
    return PgBouncer.before(target.server(), mode, settings);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void snapshotsChangesCommandsAndComparisonsWorkThroughIt(Pooler pooler) throws Exception {
    produce();
    recordSettingsOfTriggers();
    String size = pooler == Pooler.TRANSACTION ? "default_pool_size = 5" : "default_pool_size = 20";
    try (PgBouncer between = bouncer(pooler.name().toLowerCase(Locale.ROOT), size)) {
      CreekConsumer consumer = consumer(options(between, pooler));
      consumer.initialize().block(PATIENCE);
      Disposable run = consumer.run().subscribe();
      try {
        assertThat(outcome("resync", items().toString())).startsWith("ok");
        source.execute(
            "update items set v = 'w' || id where id % 3 = 0",
            "delete from items where id % 7 = 0", "insert into items values (5000, 'new', 0.1)");
        awaitEqual();
        // As many rows at once as are copied.
        source.execute("insert into items select i, 'x', 1 from generate_series(6000, 7000) i");
        awaitEqual();
        consumer.snapshots().take(items(), SnapshotMode.UPSERT).blockLast(PATIENCE);
        consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
        awaitEqual();
        assertThat(compared(consumer, between, pooler).equal()).isTrue();
        assertThat(
                consumer
                    .comparisons()
                    .verify(items(), Verification.Options.DEFAULT)
                    .block(PATIENCE)
                    .equal())
            .isTrue();
        assertThat(consumer.check(List.of(), null).collectList().block(PATIENCE))
            .extracting(Finding::level)
            .doesNotContain(Level.PROBLEM);
      } finally {
        consumer.stop(PATIENCE).block(PATIENCE);
        run.dispose();
        consumer.close();
      }
      assertThat(target.query("select distinct path, security, isolation, float from public.seen"))
          .containsExactly(List.of("pg_catalog", "off", "read committed", "2"));
      assertNothingIsLeftIn(between);
    }
  }

  /** Such as are set for our sessions only: whatever session a row is written in must have them. */
  private void recordSettingsOfTriggers() {
    target.execute(
        "create table public.seen (path text, security text, isolation text, float text)",
        """
        create function see() returns trigger language plpgsql as $$
        begin
          insert into public.seen
          values (current_setting('search_path'), current_setting('row_security'),
                  current_setting('transaction_isolation'), current_setting('extra_float_digits'));
          return null;
        end $$
        """,
        "create trigger seen after insert or update or delete on items"
            + " for each statement execute function see()",
        "alter database \"%s\" set search_path = nowhere".formatted(target.name()),
        "alter database \"%s\" set row_security = on".formatted(target.name()),
        "alter database \"%s\" set extra_float_digits = 0".formatted(target.name()),
        "alter database \"%s\" set default_transaction_isolation = 'serializable'"
            .formatted(target.name()));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void rowsAreWrittenAsAReplicaWritesThemThroughIt(Pooler pooler) {
    target.execute(
        """
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'an ordinary trigger fired'; end $$
        """,
        "create trigger ordinary before insert on items for each row execute function refuse()");
    produce();
    try (PgBouncer between = bouncer(pooler.name().toLowerCase(Locale.ROOT))) {
      CreekConsumer consumer =
          consumer(
              DatabaseOptions.builder(between.uri(target), Map.of())
                  .pooler(pooler)
                  .replicationRole(ReplicationRole.REPLICA)
                  .build());
      consumer.initialize().block(PATIENCE);
      consumer.snapshots().take(items(), SnapshotMode.UPSERT).blockLast(PATIENCE);
      consumer.tables().add(items()).block(PATIENCE);
      Disposable run = consumer.run().subscribe();
      try {
        source.execute("insert into items values (5000, 'new', 0.1)");
        awaitEqual();
      } finally {
        consumer.stop(PATIENCE).block(PATIENCE);
        run.dispose();
        consumer.close();
      }
    }
  }

  private Verification compared(CreekConsumer consumer, PgBouncer between, Pooler pooler) {
    return consumer
        .comparisons()
        .verify(
            items(),
            DatabaseOptions.builder(between.uri(source), Map.of()).pooler(pooler).build(),
            Verification.Options.DEFAULT)
        .block(PATIENCE);
  }

  /** Its sessions are others' afterwards. */
  private void assertNothingIsLeftIn(PgBouncer between) {
    assertThat(
            target.query(
                "select l.pid from pg_locks l where l.locktype = 'advisory'"
                    + " and l.database = (select oid from pg_database"
                    + " where datname = current_database())"))
        .isEmpty();
    assertThat(
            between.ask(
                target,
                "select current_setting('search_path') || current_setting('row_security')"
                    + " || (select count(*) from pg_listening_channels())"))
        .isEqualTo("nowhereon0");
  }

  /** Status and detail of a command, once it has ended. */
  private String outcome(String function, Object... arguments) throws Exception {
    long id = SqlCall.of(target).id(function, arguments);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                "t"
                    .equals(
                        target.value(
                            "select finished_at is not null from _creek_consumer._notification_log"
                                + " where id = "
                                + id)));
    return String.valueOf(
        target.value(
            "select status || coalesce(': ' || detail, '') from _creek_consumer._notification_log"
                + " where id = "
                + id));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void aRunWithoutTheOptionEndsAndCheckNamesTheOption(Pooler pooler) {
    String mode = pooler.name().toLowerCase(Locale.ROOT);
    try (PgBouncer between = bouncer(mode);
        PgBouncer ignoring = bouncer(mode, IGNORING)) {
      for (PgBouncer one : List.of(between, ignoring)) {
        CreekConsumer consumer = consumer(options(one, Pooler.NONE));
        assertThatThrownBy(() -> consumer.run().blockLast(PATIENCE))
            .isInstanceOfSatisfying(
                DatabaseException.class, e -> assertThat(e.hint()).contains("--db-pooler=" + mode))
            .hasMessageContaining("between");
        assertThat(problem(consumer).fix()).contains("--db-pooler=" + mode);
        consumer.close();
      }
    }
  }

  private static Finding problem(CreekConsumer consumer) {
    List<Finding> problems =
        consumer
            .check(List.of(), null)
            .filter(finding -> finding.level() == Level.PROBLEM)
            .collectList()
            .block(PATIENCE);
    assertThat(problems).hasSize(1);
    return problems.get(0);
  }

  @Test
  void sessionsThatAreNotKeptAsSaidEndARunAndAreAProblemToCheck() {
    try (PgBouncer between = bouncer("transaction")) {
      CreekConsumer consumer = consumer(options(between, Pooler.SESSION));
      assertThatThrownBy(() -> consumer.run().blockLast(PATIENCE))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              e -> assertThat(e.hint()).contains("--db-pooler=transaction"));
      assertThat(problem(consumer).fix()).contains("--db-pooler=transaction");
      consumer.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void statementModeIsRefused(Pooler pooler) {
    try (PgBouncer between = bouncer("statement")) {
      CreekConsumer consumer = consumer(options(between, pooler));
      assertThatThrownBy(() -> consumer.run().blockLast(PATIENCE))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("between");
      assertThat(problem(consumer).fix()).contains("pool_mode = transaction");
      consumer.close();
    }
  }

  @Test
  void aCleanSnapshotThatNeedsATemporaryTableIsRefusedInTransactionMode() {
    produce();
    String role = "lean_" + target.name();
    target.execute(
        "create role \"%s\" login password 'lean'".formatted(role),
        "revoke create on schema public from public",
        "grant create on database \"%s\" to \"%s\"".formatted(target.name(), role),
        "grant select, insert, update, delete, truncate on items to \"%s\"".formatted(role));
    try (PgBouncer between =
        PgBouncer.before(target.server(), Map.of(role, "lean"), "transaction")) {
      CreekConsumer consumer =
          consumer(
              DatabaseOptions.builder(between.uri(target, role, "lean"), Map.of())
                  .pooler(Pooler.TRANSACTION)
                  .build());
      consumer.initialize().block(PATIENCE);
      assertThatThrownBy(
              () -> consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE))
          .isInstanceOfSatisfying(
              SnapshotException.class, e -> assertThat(e.hint()).contains("GRANT CREATE ON SCHEMA"))
          .hasMessageContaining("transaction mode");
      consumer.snapshots().take(items(), SnapshotMode.UPSERT).blockLast(PATIENCE);
      assertThat(contents(target)).isEqualTo(contents(source));
      consumer.close();
    }
  }
}
