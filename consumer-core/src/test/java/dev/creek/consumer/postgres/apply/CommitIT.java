package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which commits wait for the disk: told by a trigger that runs as the transaction commits. */
final class CommitIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;

  @BeforeEach
  void open() {
    database = postgres.database(15);
    database.execute(
        "create table items (id int primary key, v text)",
        "create table commits (wrote text, waits text)",
        """
        create function note() returns trigger language plpgsql as $$
        begin
          insert into public.commits values (tg_table_name, current_setting('synchronous_commit'));
          return null;
        end $$""",
        noting("items"));
  }

  private static String noting(String table) {
    return """
        create constraint trigger note after insert or update on %s
        deferrable initially deferred for each row execute function public.note()"""
        .formatted(table);
  }

  private String commits() {
    return database.value("select string_agg(distinct wrote || ' ' || waits, ', ') from commits");
  }

  private void apply(PostgresTarget target) {
    var line = new Line(target, ITEMS);
    database.execute(noting("_creek_consumer.subscriptions"));
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    line.applyPart(ITEMS.insert(WalTx.of(2), 2, "b"));
    line.apply(ITEMS.insert(WalTx.of(2), 3, "c"));
    line.apply(line.batch(true, List.of()));
    line.apply(
        IntStream.range(1000, 1600)
            .mapToObj(id -> ITEMS.insert(WalTx.of(3), id, "copied"))
            .toArray(WalBytes[]::new));
  }

  @Test
  void changesDoNotWaitForTheDisk() {
    apply(postgres.connect(database));

    assertThat(commits()).isEqualTo("items off, subscriptions off");
    assertThat(database.value("select count(*) from items")).isEqualTo("603");
  }

  @Test
  void changesWaitAsTheUriSays() {
    postgres.connect(database);
    var described =
        PostgresTarget.connect(
            DatabaseOptions.of(database.uri() + "?options=-c%20Synchronous_Commit%3Dlocal"));
    apply(described);
    await(described.close());

    assertThat(commits()).isEqualTo("items local, subscriptions local");
  }

  @Test
  void ofASnapshotOnlyTheBeginningAndTheEndWait() {
    var load = new Load(postgres.connect(database), ITEMS).open(SnapshotMode.UPSERT);
    database.execute(noting("_creek_consumer.subscriptions"));
    await(load.writer().begin(new Handover(Load.RESUME, Load.AHEAD_UNTIL)));
    load.write(row(1, "a"), row(2, "b")).write(row(2, "B"), row(3, "c")).finish().close();

    assertThat(commits()).isEqualTo("items off, subscriptions on");
    assertThat(database.value("select string_agg(v, '' order by id) from items")).isEqualTo("aBc");
  }

  @Test
  void aSnapshotThatReplacesTheTableWaits() {
    var load = new Load(postgres.connect(database), ITEMS).open(SnapshotMode.CLEAN);
    database.execute(noting("_creek_consumer.subscriptions"));
    load.write(row(1, "a")).finish().close();

    assertThat(commits()).contains("subscriptions on").doesNotContain("subscriptions off");
  }

  @Test
  void rowsOfASnapshotThatAreNewAreInsertedWithoutBeingLookedFor() {
    var load = new Load(postgres.connect(database), ITEMS).open(SnapshotMode.UPSERT);
    // PostgreSQL refuses ON CONFLICT for a table with such a rule.
    database.execute("create rule no_updates as on update to items do instead nothing");
    load.write(row(1, "a"), row(2, "b")).close();

    assertThat(database.value("select count(*) from items")).isEqualTo("2");
  }
}
