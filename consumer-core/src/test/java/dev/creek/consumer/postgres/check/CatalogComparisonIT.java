package dev.creek.consumer.postgres.check;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Finding.Level;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.PostgresDatabase;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two catalogs side by side: each difference has a statement, and behind all of them is none. */
final class CatalogComparisonIT {
  @RegisterExtension static final TargetDatabase copy = TargetDatabase.shared();

  private static final Mapping MAPPING = Mapping.parse("shop.public.items:copy.\"it's\"");

  private PostgresDatabase source;

  @BeforeEach
  void open() {
    source = copy.another();
    copy.execute("create schema copy");
  }

  private List<Finding> findings() {
    return await(
        copy.target().checks().catalogs(DatabaseOptions.of(source.patientUri()), List.of(MAPPING)));
  }

  @Test
  void everyDifferenceHasTheStatementThatMendsIt() {
    source.execute(
        "create type mood as enum ('fine', 'it''s', 'sad')",
        "create type size as enum ('s', 'm')",
        "create domain code as varchar(20)",
        """
        create table items (
            id int8 primary key, code code, amount numeric(12, 4), mood mood, moods mood[],
            size size not null, note text, double int8 generated always as (id * 2) stored,
            own text, missing timestamptz(3), also text[], days date, tags text[], plain int)
        """);
    copy.execute(
        "create type copy.mood as enum ('fine')",
        "create domain copy.kept as text not null",
        """
        create table copy."it's" (
            id int4 not null, code varchar(10) not null, amount numeric(12, 2), mood copy.mood,
            moods copy.mood[], note text constraint once unique, double int8, own copy.kept,
            days int, tags varchar(3)[], plain int generated always as (1) stored,
            extra int not null)
        """);
    List<Finding> found = findings();
    assertThat(found.stream().map(Finding::fix))
        .containsExactlyInAnyOrder(
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"id\" TYPE int8;",
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"code\" TYPE varchar(20);",
            "ALTER TABLE copy.\"it's\" ALTER COLUMN code DROP NOT NULL;",
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"amount\" TYPE numeric(12,4);",
            "ALTER TYPE copy.mood ADD VALUE 'it''s'; ALTER TYPE copy.mood ADD VALUE 'sad';",
            "ALTER TYPE copy.mood ADD VALUE 'it''s'; ALTER TYPE copy.mood ADD VALUE 'sad';",
            "CREATE TYPE \"copy\".\"size\" AS ENUM ('s', 'm'); ALTER TABLE \"copy\".\"it's\" ADD COLUMN"
                + " \"size\" \"copy\".\"size\";",
            "ALTER TABLE \"copy\".\"it's\" DROP COLUMN \"double\", ADD COLUMN \"double\" int8 GENERATED"
                + " ALWAYS AS ((id * 2)) STORED;",
            "ALTER DOMAIN copy.kept DROP NOT NULL;",
            "ALTER TABLE \"copy\".\"it's\" ADD COLUMN \"missing\" timestamptz(3);",
            "ALTER TABLE \"copy\".\"it's\" ADD COLUMN \"also\" text[];",
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"days\" TYPE date USING \"days\"::text::date;",
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"tags\" TYPE text[];",
            "ALTER TABLE \"copy\".\"it's\" ALTER COLUMN \"plain\" DROP EXPRESSION;",
            "ALTER TABLE copy.\"it's\" ALTER COLUMN extra DROP NOT NULL;",
            "ALTER TABLE \"copy\".\"it's\" ADD PRIMARY KEY (\"id\");",
            "ALTER TABLE copy.\"it's\" DROP CONSTRAINT once;");
    found.stream()
        .map(Finding::fix)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(sql -> copy.execute(sql));
    assertThat(findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.OK));
  }

  @Test
  void whatHoldsMoreIsAsGood() {
    source.execute(
        "create table items (id int4 primary key, k varchar(5), n numeric(5, 2), at timestamptz(3))",
        "create unique index on items (k)");
    copy.execute(
        "create table copy.\"it's\" (id int8 primary key, k text unique, n numeric, at timestamptz,"
            + " since timestamptz not null default now(), own int)");
    assertThat(findings()).extracting(Finding::level).containsExactly(Level.OK);
  }

  @Test
  void ofWhatIsMissingOthersSaySo() {
    assertThat(findings()).isEmpty();
    source.execute("create table items (id int)");
    assertThat(findings()).isEmpty();
  }
}
