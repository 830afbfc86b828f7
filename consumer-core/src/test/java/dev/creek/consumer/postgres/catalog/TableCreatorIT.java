package dev.creek.consumer.postgres.catalog;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.INDEX;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** Target tables made from schemas. */
final class TableCreatorIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  private static final TargetTable TARGET = new TargetTable("public", "items");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private static WalSchema schema(TableWire wire) {
    return WalSchema.parse(wire.fingerprint(), wire.schemaText());
  }

  private Boolean create(TargetTable table, TableWire wire) {
    return await(database.target().tables().createTable(table, schema(wire)));
  }

  @Test
  void refusesNamesThatPostgresqlWouldCut() {
    var table = new TargetTable("public", "ä".repeat(32));
    assertThatThrownBy(() -> create(table, ITEMS))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e)
                  .hasMessageContaining("\"" + table.table() + "\" has 64 bytes")
                  .hasMessageContaining("keeps 63");
              assertThat(e.hint()).contains("at most 63 bytes");
            });
    assertThat(database.query("select from pg_class where relname like 'ä%'")).isEmpty();
    assertThat(create(new TargetTable("public", "ä".repeat(31)), ITEMS)).isTrue();
  }

  private List<List<String>> columns(String table) {
    return database.query(
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute"
            + " where attrelid = '"
            + table
            + "'::regclass and attnum > 0 order by attnum");
  }

  private String key(String table) {
    return database.value(
        "select string_agg(pg_get_constraintdef(oid), ';') from pg_constraint where conrelid = '"
            + table
            + "'::regclass and contype = 'p'");
  }

  @Test
  void createsSchemaTableTypesAndKeyUnderTheirOwnNames() {
    var wire =
        TableWire.of("app", "Mixed")
            .column("Id", "int8", KEY)
            .column("select", "varchar", KEY)
            .column("price", "numeric(10,2)")
            .column("any", "numeric")
            .column("tags", "text[]")
            .column("prices", "numeric(6,1)[]")
            .column("at", "timestamptz")
            .column("code", "bpchar")
            .column("doc", "jsonb")
            .column("mood", "text");
    var table = new TargetTable("New \"ns\"", "My Table");
    assertThat(create(table, wire)).isTrue();
    String name = "\"New \"\"ns\"\"\".\"My Table\"";
    assertThat(columns(name))
        .containsExactly(
            List.of("Id", "bigint", "t"),
            List.of("select", "character varying", "t"),
            List.of("price", "numeric(10,2)", "f"),
            List.of("any", "numeric", "f"),
            List.of("tags", "text[]", "f"),
            List.of("prices", "numeric(6,1)[]", "f"),
            List.of("at", "timestamp with time zone", "f"),
            List.of("code", "bpchar", "f"),
            List.of("doc", "jsonb", "f"),
            List.of("mood", "text", "f"));
    assertThat(key(name)).isEqualTo("PRIMARY KEY (\"Id\", \"select\")");
    assertThat(create(table, wire)).isFalse();
  }

  @Test
  void takesReplicaIdentityFullForNoKeyAndATableOfKeyColumnsForOne() {
    create(TARGET, ITEMS.identity(Identity.FULL));
    assertThat(key("items")).isNull();
    var allKey = TableWire.of("app", "pairs").column("a", "int4", KEY).column("b", "int4", KEY);
    create(new TargetTable("public", "pairs"), allKey);
    assertThat(key("pairs")).isEqualTo("PRIMARY KEY (a, b)");
    create(new TargetTable("public", "none"), ITEMS.identity(Identity.NONE));
    assertThat(key("none")).isNull();
    var byIndex =
        TableWire.of("app", "x")
            .column("id", "int4", KEY)
            .column("code", "text", INDEX)
            .identity(Identity.INDEX);
    create(new TargetTable("public", "x"), byIndex);
    assertThat(key("x")).isEqualTo("PRIMARY KEY (code)");
  }

  @Test
  void leavesATableThatFitsAloneThoughItIsWider() {
    database.execute(
        "create type mood as enum ('a')",
        "create table items (id bigint primary key, v mood, extra int)");
    assertThat(create(TARGET, ITEMS)).isFalse();
  }

  @Test
  void namesEveryDifferenceOfATableThatDoesNotFit() {
    database.execute("create table items (id date primary key, must int not null)");
    assertThatThrownBy(() -> create(TARGET, ITEMS))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e).hasMessageContaining("\"id\"").hasMessageContaining("\"v\"");
              assertThat(e).hasMessageContaining("\"must\"");
              assertThat(e.hint())
                  .contains("ALTER TABLE \"public\".\"items\" ADD COLUMN \"v\" text");
            });
  }

  @Test
  void wantsTheSourcesKey() {
    database.execute("create table items (id int not null, v text)");
    assertThatThrownBy(() -> create(TARGET, ITEMS))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e.hint())
                  .isEqualTo("ALTER TABLE \"public\".\"items\" ADD PRIMARY KEY (\"id\");");
            });
    database.execute("create unique index on items (id) where v is not null");
    assertThatThrownBy(() -> create(TARGET, ITEMS)).isInstanceOf(ShapeMismatchException.class);
    database.execute("create unique index on items (id)");
    assertThat(create(TARGET, ITEMS)).isFalse();
  }

  @Test
  void letsManyCreateTogether() {
    var table = new TargetTable("fresh", "items");
    var created =
        await(
            Flux.range(0, 6)
                .flatMap(n -> database.target().tables().createTable(table, schema(ITEMS)), 6));
    assertThat(created).containsOnlyOnce(true).hasSize(6);
  }

  @Test
  void saysWhichRightIsMissing() {
    database.execute("drop role if exists no_creator", "create role no_creator login password 'x'");
    var plain = database.connect(DatabaseOptions.of(database.uriAs("no_creator", "x")));
    assertThatThrownBy(() -> await(plain.tables().createTable(TARGET, schema(ITEMS))))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).isEqualTo("GRANT USAGE, CREATE ON SCHEMA public TO no_creator;");
            });
    database.execute("drop role no_creator");
  }
}
