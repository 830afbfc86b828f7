package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A table that cannot go on says why and what to do, and holds nobody else up; when the cause is
 * gone it continues by itself, without loss. The service connects as a role with no more rights
 * than it needs.
 */
class StuckTablesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int CHANGES = 20;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase database = path.target();
  private final WirePublisher publisher = path.publisher(Generation.OLD);
  private CreekConsumer consumer;

  @BeforeEach
  void prepare() {
    path.consumer().initialize().block(PATIENCE);
    database.execute(
        "drop role if exists applier",
        "create role applier login password 'secret'",
        "grant usage on schema _creek_consumer to applier",
        "grant select, insert, update, delete on all tables in schema _creek_consumer to applier",
        "create schema copy",
        "grant usage on schema copy to applier");
    String uri = database.patientUri().replaceFirst("://[^@]*@", "://applier:secret@");
    consumer = path.consumer(path.options(DatabaseOptions.of(uri)));
  }

  @Test
  void continuesWithoutLossWhenTheCauseIsGone() {
    create("healthy", "id int primary key, note text");
    create("no_column", "id int primary key");
    create("wrong_type", "id int primary key, note bool");
    create("too_narrow", "id int primary key, note varchar(3)");
    create("no_privilege", "id int primary key, note text");
    database.execute("revoke all on copy.no_privilege from applier");
    List<String> stuck =
        List.of("no_table", "no_column", "wrong_type", "too_narrow", "no_privilege");

    subscribe("healthy");
    stuck.forEach(this::subscribe);
    path.run();

    stuck.forEach(table -> awaitState(table, "failed"));
    assertThat(hint("no_table")).contains("resync");
    assertThat(hint("no_column"))
        .contains("ALTER TABLE \"copy\".\"no_column\" ADD COLUMN \"note\" text");
    assertThat(hint("wrong_type"))
        .startsWith("ALTER TABLE \"copy\".\"wrong_type\" ALTER COLUMN \"note\" TYPE text;");
    assertThat(hint("too_narrow"))
        .startsWith("ALTER TABLE \"copy\".\"too_narrow\" ALTER COLUMN \"note\" TYPE text;");
    assertThat(hint("no_privilege"))
        .isEqualTo(
            "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON copy.no_privilege TO applier;");
    stuck.forEach(
        table ->
            assertThat(reason(table)).as(table).contains(table).doesNotContain("value-of-a-row"));
    awaitRows("healthy", CHANGES);

    create("no_table", "id int primary key, note text");
    database.execute(
        "alter table copy.no_column add column note text",
        "alter table copy.wrong_type alter column note type text",
        "alter table copy.too_narrow alter column note type text",
        "grant all on copy.no_privilege to applier");
    stuck.forEach(table -> awaitRows(table, CHANGES));
    stuck.forEach(table -> awaitState(table, "streaming"));
  }

  @Test
  void stopsBeforeAMessageThatCannotBeRead() {
    create("healthy", "id int primary key, note text");
    create("garbled", "id int primary key, note text");
    subscribe("healthy");
    TableWire garbled = subscribe("garbled");
    publisher.publishRaw(
        garbled.source(),
        ByteBuffer.allocate(10).putShort((short) 0).putInt(4).putInt(0xdeadbeef).array());
    publisher.publish(garbled.source(), garbled.insert(WalTx.of(CHANGES + 1), 4711, "behind it"));
    publisher.flush();
    path.run();

    awaitState("garbled", "failed");
    // The last transaction may go on in the message that cannot be read, so it must not be shown.
    awaitRows("garbled", CHANGES - 1);
    awaitRows("healthy", CHANGES);
    assertThat(hint("garbled")).contains("snapshot");
    assertThat(database.query("select 1 from copy.garbled where id = 4711"))
        .as("nothing is applied behind it")
        .isEmpty();
  }

  @Test
  void tellsOneFailureOnceAndCountsTheTries() {
    create("narrow", "id int primary key, note varchar(25)");
    TableWire narrow = subscribe("narrow");
    publisher.publish(narrow.source(), narrow.insert(WalTx.of(21), 21, "a".repeat(26)));
    publisher.publish(narrow.source(), narrow.insert(WalTx.of(22), 22, "behind it"));
    long bad = publisher.flush() - 1;
    List<TableEvent> events = new CopyOnWriteArrayList<>();
    path.run(events::add);
    awaitState("narrow", "failed");
    // So that the next tries end with other changes than the first did.
    for (int i = 23; i < 40; i++) {
      publisher.publish(narrow.source(), narrow.insert(WalTx.of(i), i, "behind it"));
    }
    publisher.flush();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> reason("narrow"), reason -> reason.endsWith("; tried 3 times"));
    assertThat(column("narrow", "failed_seq")).isEqualTo(Long.toString(bad));
    assertThat(reason("narrow"))
        .isEqualTo(
            "copy.narrow: value too long for type character varying(25), column \"note\" of type"
                + " character varying(25) (SQLSTATE 22001) (at stream sequence "
                + bad
                + "); tried 3 times");
    assertThat(states(events, "narrow"))
        .containsExactly(TableState.Name.STREAMING, TableState.Name.FAILED);
  }

  @Test
  void whatARefusedChangeWaitsForIsSaidOnce() {
    create("once", "id int primary key, note text unique");
    database.execute("insert into copy.once values (99, 'taken')");
    TableWire once = subscribe("once");
    publisher.publish(once.source(), once.insert(WalTx.of(21), 21, "taken"));
    publisher.publish(once.source(), once.insert(WalTx.of(22), 22, "behind it"));
    long bad = publisher.flush() - 1;
    List<TableEvent> events = new CopyOnWriteArrayList<>();
    path.run(events::add);
    awaitState("once", "failed");
    assertThat(reason("once"))
        .isEqualTo(
            "copy.once: duplicate key value violates unique constraint \"once_note_key\""
                + " (SQLSTATE 23505) (at stream sequence "
                + bad
                + ")");
    assertThat(hint("once"))
        .startsWith("ALTER TABLE copy.once DROP CONSTRAINT once_note_key;")
        .contains("resync");
    assertThat(states(events, "once"))
        .containsSubsequence(TableState.Name.WAITING, TableState.Name.FAILED)
        .satisfies(
            states ->
                assertThat(states).filteredOn(TableState.Name.WAITING::equals).hasSizeLessThan(3),
            states -> assertThat(states).filteredOn(TableState.Name.FAILED::equals).hasSize(1));
    database.execute("alter table copy.once drop constraint once_note_key");
    awaitState("once", "streaming");
  }

  private static List<TableState.Name> states(List<TableEvent> events, String table) {
    return events.stream()
        .filter(TableEvent.StateChanged.class::isInstance)
        .map(TableEvent.StateChanged.class::cast)
        .filter(change -> change.mapping().target().table().equals(table))
        .map(change -> change.state().name())
        .toList();
  }

  @Test
  void aRestartCallsAFailedTableNothingElse() {
    create("too_narrow", "id int primary key, note varchar(3)");
    TableWire wire = subscribe("too_narrow");
    path.run();
    awaitState("too_narrow", "failed");
    consumer.stop(Duration.ofSeconds(10)).block(PATIENCE);

    List<TableState> described = new CopyOnWriteArrayList<>();
    path.run(event -> keep(event, described));
    Awaitility.await().atMost(PATIENCE).until(() -> !described.isEmpty());
    assertThat(described).extracting(TableState::name).containsOnly(TableState.Name.FAILED);

    database.execute("alter table copy.too_narrow alter column note type text");
    publisher.publish(wire.source(), wire.insert(WalTx.of(CHANGES + 1), CHANGES + 1, "behind"));
    publisher.flush();
    awaitRows("too_narrow", CHANGES + 1);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> described.get(described.size() - 1).name() == TableState.Name.STREAMING);
    assertThat(described)
        .extracting(TableState::name)
        .as("first of all failed, and well again only behind a commit")
        .startsWith(TableState.Name.FAILED)
        .containsOnlyOnce(TableState.Name.STREAMING);
  }

  private static void keep(TableEvent event, List<TableState> states) {
    if (event instanceof TableEvent.StateChanged changed) {
      states.add(changed.state());
    }
  }

  private void create(String table, String columns) {
    database.execute(
        "create table copy.%s (%s)".formatted(table, columns),
        "grant all on copy.%s to applier".formatted(table));
  }

  private TableWire subscribe(String table) {
    TableWire wire =
        TableWire.of("app", table).column("id", "int4", TableWire.Flag.KEY).column("note", "text");
    publisher.publishSchema(wire);
    for (int i = 1; i <= CHANGES; i++) {
      publisher.publish(wire.source(), wire.insert(WalTx.of(i), i, "value-of-a-row " + i));
    }
    publisher.flush();
    consumer
        .tables()
        .add(new Mapping(wire.source(), new TargetTable("copy", table)))
        .block(PATIENCE);
    return wire;
  }

  private void awaitState(String table, String state) {
    Awaitility.await(table).atMost(PATIENCE).until(() -> column(table, "state"), state::equals);
  }

  private void awaitRows(String table, int count) {
    Awaitility.await(table)
        .atMost(PATIENCE)
        .until(
            () ->
                Integer.parseInt(
                    database.query("select count(*) from copy." + table).get(0).get(0)),
            rows -> rows == count);
  }

  private String hint(String table) {
    return column(table, "hint");
  }

  private String reason(String table) {
    return column(table, "reason");
  }

  private String column(String table, String column) {
    return database
        .query(
            "select %s from _creek_consumer.subscriptions where target = 'copy.%s'"
                .formatted(column, table))
        .get(0)
        .get(0);
  }
}
