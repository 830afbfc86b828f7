package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows of a target that policies hide from the role that applies. */
final class RowSecurityIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
  private static final String ENABLED = "alter table items enable row level security";

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;
  private PostgresTarget target;

  @BeforeEach
  void open() {
    database = postgres.database(15);
    database.execute("alter role keeper nobypassrls");
    target = postgres.connectAsKeeper(database);
    database.execute(
        "create table items (id int primary key, v text)",
        "insert into items values (1, 'a'), (2, 'hidden'), (3, 'hidden')",
        "create policy p on items to keeper using (v <> 'hidden') with check (true)",
        "grant select, insert, update, delete on items to keeper");
  }

  @AfterEach
  void close() {
    database.execute("alter role keeper nobypassrls");
  }

  private String rows() {
    return database.value("select string_agg(i::text, ' ' order by id) from items i");
  }

  private static void refuses(Line line, WalBytes... changes) {
    var batch = line.batch(changes);
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).contains("BYPASSRLS");
            });
    line.restart();
  }

  @Test
  void deletesOfRowsThatAPolicyHidesAreNotDeletesOfNothing() {
    database.execute(ENABLED);
    var line = new Line(target, ITEMS);
    refuses(line, ITEMS.delete(WalTx.of(1), Map.of("id", 2)));
    assertThat(rows()).isEqualTo("(1,a) (2,hidden) (3,hidden)");
    assertThat(line.stored().sequence()).isZero();
    database.execute("alter role keeper bypassrls");
    line.apply(ITEMS.delete(WalTx.of(1), Map.of("id", 2)), ITEMS.update(WalTx.of(1), 3, "seen"));
    assertThat(rows()).isEqualTo("(1,a) (3,seen)");
  }

  @Test
  void anIdleTableIsRefusedBeforeItsFirstChangeComes() {
    var line = new Line(target, ITEMS);
    Claim claim = await(target.tables().claim(line.mapping));
    await(target.tables().requireVisible(claim));
    database.execute(ENABLED);
    assertThatThrownBy(() -> await(target.tables().requireVisible(claim)))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).contains("ALTER ROLE keeper BYPASSRLS;");
            })
        .hasMessageContaining("may hide rows from the role keeper");
  }

  @Test
  void policiesThatComeWhileTheTableIsAppliedAreAnErrorToo() {
    var line = new Line(target, ITEMS);
    line.apply(ITEMS.update(WalTx.of(1), 1, "b"));
    database.execute(ENABLED);
    refuses(line, ITEMS.delete(WalTx.of(2), Map.of("id", 2)));
    refuses(line, ITEMS.update(WalTx.of(2), 2, "c"));
    refuses(line, ITEMS.insert(WalTx.of(2), 4, "d"));
    assertThat(rows()).isEqualTo("(1,b) (2,hidden) (3,hidden)");
    assertThat(line.stored().sequence()).isEqualTo(1);
  }

  @Test
  void ownersAreUnderPoliciesOnlyWhereThatIsForced() {
    database.execute(ENABLED, "alter table items owner to keeper");
    var line = new Line(target, ITEMS);
    line.apply(ITEMS.delete(WalTx.of(1), Map.of("id", 2)));
    assertThat(rows()).isEqualTo("(1,a) (3,hidden)");
    database.execute("alter table items force row level security");
    refuses(line, ITEMS.delete(WalTx.of(2), Map.of("id", 3)));
    refuses(line, ITEMS.delete(WalTx.of(2), Map.of("id", 3)));
    database.execute("alter table items no force row level security");
    line.apply(ITEMS.delete(WalTx.of(2), Map.of("id", 3)));
    assertThat(rows()).isEqualTo("(1,a)");
  }

  @Test
  void tablesOfPoliciesAreNotTakenForTablesThatFit() {
    database.execute(ENABLED);
    var schema = new Line(target, ITEMS).schema();
    var mapping = new Line(target, ITEMS).mapping;
    assertThatThrownBy(() -> await(target.tables().createTable(mapping.target(), schema)))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("may hide rows from the role keeper");
    assertThat(await(target.checks().table(mapping, schema, null, false).collectList()))
        .anySatisfy(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.PROBLEM);
              assertThat(finding.fix()).contains("ALTER ROLE keeper BYPASSRLS;");
            });
  }
}
