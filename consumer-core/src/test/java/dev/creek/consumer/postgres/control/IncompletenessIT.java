package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.postgres.position.IncompletenessSql;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.TableWire;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Marks of tables whose rows may differ from their sources': stored, shown, and taken away. */
final class IncompletenessIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;
  private PostgresTarget target;

  @BeforeEach
  void open() {
    database = postgres.database(17);
    target = postgres.connect(database);
    database.execute("create table items (id int primary key, v text)");
  }

  private Subscription stored() {
    return await(target.subscriptions().all()).get(0);
  }

  private List<Cause> causes() {
    return stored().incompleteness().stream().map(Incompleteness::cause).toList();
  }

  @Test
  void whatIsFollowedWithoutASnapshotIsMarkedFromTheBeginning() {
    var line = new Line(target, ITEMS);
    assertThat(causes()).containsExactly(Cause.NO_SNAPSHOT);
    assertThat(await(target.subscriptions().activate(line.mapping)).incompleteness())
        .isEqualTo(stored().incompleteness());
    assertThat(
            database.query(
                "select incomplete, incomplete_since > now() - interval '1 minute'"
                    + " from _creek_consumer.subscriptions"))
        .containsExactly(
            List.of(
                "followed without a snapshot: rows that the source had before are missing", "t"));
  }

  @Test
  void aCleanSnapshotTakesAllMarksAwayAndSoDoesTheEndOfTheRow() {
    var line = new Line(target, ITEMS);
    await(target.tables().mark(line.claim(), new Incompleteness(Cause.COLUMN, "v", "why")));
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(row(1, "a")));
    assertThat(causes()).isEmpty();
    assertThat(database.value("select incomplete from _creek_consumer.subscriptions")).isNull();
    line.reclaim();
    await(target.tables().mark(line.claim(), new Incompleteness(Cause.COLUMN, "v", "why")));
    database.execute("delete from _creek_consumer.subscriptions");
    assertThat(database.value("select count(*) from _creek_consumer.incompleteness"))
        .isEqualTo("0");
  }

  @Test
  void marksOnceAndOnlyUnderTheClaim() {
    var line = new Line(target, ITEMS);
    var mark = new Incompleteness(Cause.SKIPPED, "7", "it was 'skipped' \\ twice");
    assertThat(await(target.tables().mark(line.claim(), mark))).isTrue();
    var first = stored().incompleteness();
    assertThat(await(target.tables().mark(line.claim(), mark))).isFalse();
    assertThat(stored().incompleteness()).isEqualTo(first);
    assertThat(first)
        .extracting(Incompleteness::cause, Incompleteness::detail, Incompleteness::reason)
        .contains(tuple(Cause.SKIPPED, "7", "it was 'skipped' \\ twice"));
    var zombie = line.claim();
    line.reclaim();
    assertThatThrownBy(
            () -> await(target.tables().mark(zombie, new Incompleteness(Cause.FORCED, "late"))))
        .isInstanceOf(FencedException.class);
    assertThat(stored().incompleteness()).isEqualTo(first);
  }

  /** The trigger updates the row that the same statement has updated. */
  @Test
  void oneStatementMovesThePositionAndSetsAMark() {
    var line = new Line(target, ITEMS);
    database.execute("delete from _creek_consumer.incompleteness");
    var marks =
        new IncompletenessSql("_creek_consumer.incompleteness", line.mapping.target())
            .insert(
                Cause.MISSED_ROWS, "''", "'updates met no row: ' || m.n", "fence, m where m.n > 0");
    String sql =
        "with fence as (update _creek_consumer.subscriptions set stream_seq = 9 returning 1),"
            + " m as (select %d as n), marked as (%s) select 1 from fence";
    database.execute(sql.formatted(0, marks));
    assertThat(causes()).isEmpty();
    database.execute(sql.formatted(3, marks), sql.formatted(4, marks));
    assertThat(stored().incompleteness())
        .extracting(Incompleteness::reason)
        .containsExactly("updates met no row: 3");
    assertThat(database.query("select stream_seq, incomplete from _creek_consumer.subscriptions"))
        .containsExactly(List.of("9", "updates met no row: 3"));
  }

  @Test
  void whoMayWriteOnlySubscriptionsMovesAndRemovesMarkedTablesAsBefore() throws SQLException {
    new Line(target, ITEMS);
    database.execute(
        "drop role if exists older_service",
        "create role older_service login password 'x'",
        "grant usage on schema _creek_consumer to older_service",
        "grant select, insert, update, delete on _creek_consumer.subscriptions to older_service");
    try (var older = SqlCall.of(database, "older_service", "x").connect();
        var statement = older.createStatement()) {
      statement.execute("update _creek_consumer.subscriptions set stream_seq = 1");
      statement.execute("delete from _creek_consumer.subscriptions");
      statement.execute(
          "insert into _creek_consumer.subscriptions (topic, target, active)"
              + " values ('shop.app.items', 'public.items', true)");
    }
    assertThat(causes()).containsExactly(Cause.NO_SNAPSHOT);
    database.execute("drop owned by older_service", "drop role older_service");
  }

  @Test
  void anOlderControlSchemaIsReadAsItIsAndMarksWhatWasNeverApplied() {
    var old = database.server().createDatabase();
    var scripts = new ControlScripts("_creek_consumer");
    old.execute(
        "drop role if exists old_role", "create role old_role", "create schema _creek_consumer");
    old.execute(scripts.createVersionTable());
    for (int version = 1; version < 8; version++) {
      old.execute(
          scripts.toVersion(version),
          "insert into _creek_consumer._version (version) values (" + version + ")");
    }
    old.execute(
        "grant select, insert, update, delete on _creek_consumer.subscriptions to old_role",
        """
        insert into _creek_consumer.subscriptions (topic, target, active, lsn, "timestamp", stream_seq)
        values ('shop.app.a', 'public.a', true, '0/0', '0001-01-01 00:00:00+00', null),
               ('shop.app.b', 'public.b', true, '0/0', '2024-01-01 00:00:00+00', null),
               ('shop.app.c', 'public.c', true, '0/0', '0001-01-01 00:00:00+00', 7)
        """);
    var opened = PostgresTarget.connect(DatabaseOptions.of(old.patientUri()));
    assertThat(await(opened.subscriptionsAsTheyAre()))
        .extracting(s -> s.mapping().target().table(), Subscription::incompleteness)
        .containsExactly(tuple("a", List.of()), tuple("b", List.of()), tuple("c", List.of()));
    await(opened.subscriptions().migrate());
    assertThat(await(opened.subscriptions().all()))
        .extracting(s -> s.mapping().target().table(), s -> s.incompleteness().size())
        .containsExactly(tuple("a", 1), tuple("b", 0), tuple("c", 0));
    assertThat(
            old.value(
                "select has_table_privilege('old_role', '_creek_consumer.incompleteness', 'insert')"))
        .isEqualTo("t");
    await(opened.close());
    old.execute("drop owned by old_role");
    old.drop();
    database.execute("drop role old_role");
  }

  @Test
  void aWordThatANewerVersionStoredIsPassedOver() {
    new Line(target, ITEMS);
    database.execute(
        "insert into _creek_consumer.incompleteness (target, cause, reason)"
            + " values ('public.items', 'something_new', 'newer')");
    assertThat(causes()).containsExactly(Cause.NO_SNAPSHOT);
    assertThat(database.value("select incomplete from _creek_consumer.subscriptions"))
        .contains("newer");
  }

  @Test
  void causesAreTheWordsOfTheControlSchema() {
    assertThat(Map.of("missed_rows", Cause.MISSED_ROWS, "unproven", Cause.UNPROVEN))
        .allSatisfy((word, cause) -> assertThat(Cause.of(word)).contains(cause));
  }
}
