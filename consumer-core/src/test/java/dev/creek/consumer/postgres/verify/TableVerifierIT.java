package dev.creek.consumer.postgres.verify;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.api.Verification.Difference;
import dev.creek.consumer.api.Verification.Kind;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Comparison of a source with a target of another version. */
final class TableVerifierIT {
  private static final int MOST = 100;
  private static final Mapping ITEMS = Mapping.parse("shop.public.items:public.items");

  @RegisterExtension
  static final PostgresExtension sources =
      PostgresExtension.own(PostgresServer.builder().version(13));

  @RegisterExtension static final TargetDatabase target = TargetDatabase.onVersion(18);

  private PostgresDatabase source;

  @BeforeEach
  void create(PostgresDatabase fresh) {
    source = fresh;
  }

  private Verification verify(Duration timeout) {
    return await(
        target
            .target()
            .comparisons()
            .verify(
                ITEMS,
                DatabaseOptions.of(source.patientUri()),
                new Verification.Options(timeout, MOST)));
  }

  private Verification repair(Duration timeout) {
    return await(
        target
            .target()
            .comparisons()
            .repair(
                ITEMS,
                DatabaseOptions.of(source.patientUri()),
                new Verification.Options(timeout, MOST)));
  }

  @Test
  void findsTablesEqualWhoseTypesDifferButNotTheirValues() {
    source.execute(
        """
        create table items (id int primary key, a real, b char(5), c numeric(10,2), d json, e timestamptz,
            f text[], g float8, h text collate "C", i smallint, only_here text)
        """,
        """
        insert into items
        select i, i / 3.0, 'ab', i / 4.0, '{"b": 1,  "a": [2]}', timestamptz '2020-01-01 12:00+02' + i * interval '1 s',
            array['x,y', null, i::text], case i when 7 then float8 'NaN' when 8 then '-Infinity' else i / 7.0::float8 end,
            case when i % 3 = 0 then null when i % 3 = 1 then '' else 'Zä' || i end, i
        from generate_series(1, 2000) i
        """);
    target.execute(
        """
        create table items (id bigint primary key, a float8, b varchar(10), c numeric, d jsonb, e timestamptz,
            f text[], g float8, h text, i int, only_there int default 1)
        """,
        """
        insert into items
        select i, (i / 3.0)::real, 'ab   ', i / 4.0, '{"a": [2], "b": 1}',
            timestamptz '2020-01-01 12:00+02' + i * interval '1 s',
            array['x,y', null, i::text], case i when 7 then float8 'NaN' when 8 then '-Infinity' else i / 7.0::float8 end,
            case when i % 3 = 0 then null when i % 3 = 1 then '' else 'Zä' || i end, i
        from generate_series(2000, 1, -1) i
        """);

    Verification found = verify(Duration.ofSeconds(1));

    assertThat(found.differences()).isEmpty();
    assertThat(found.equal()).isTrue();
    assertThat(found.sourceRows()).isEqualTo(2000);
    assertThat(found.targetRows()).isEqualTo(2000);
    assertThat(found.notCompared())
        .containsExactly("only_here (only on the source)", "only_there (only on the target)");
  }

  @Test
  void tellsNullFromTheEmptyTextAndWhereAColumnEnds() {
    source.execute(
        "create table items (id int primary key, a text, b text)",
        "insert into items values (1, null, ''), (2, 'a,', 'b'), (3, 'x', 'y')");
    target.execute(
        "create table items (id int primary key, a text, b text)",
        "insert into items values (1, '', null), (2, 'a', ',b'), (3, 'x', 'y')");

    assertThat(verify(Duration.ofMillis(1)).differences())
        .extracting(Difference::key)
        .containsExactlyInAnyOrder(List.of("1"), List.of("2"));
  }

  @Test
  void narrowsDifferencesToTheirKeysAndRepairsThem() {
    String create =
        "create table items (a int, \"b c\" text, v text, n int generated always as (a * 2) stored,"
            + " primary key (\"b c\", a))";
    source.execute(
        create, "insert into items select i, 'k' || i % 5, 'v' from generate_series(1, 5000) i");
    target.execute(
        create,
        "insert into items select i, 'k' || i % 5, 'v' from generate_series(1, 5000) i",
        "update items set v = 'wrong' where a = 100",
        "delete from items where a in (200, 201)",
        "insert into items values (-1, 'extra', null)");

    Verification found = verify(Duration.ofSeconds(1));

    assertThat(found.differences())
        .containsExactlyInAnyOrder(
            new Difference(Kind.DIFFERENT, List.of("k0", "100"), 1),
            new Difference(Kind.MISSING, List.of("k0", "200"), 1),
            new Difference(Kind.MISSING, List.of("k1", "201"), 1),
            new Difference(Kind.UNEXPECTED, List.of("extra", "-1"), 1));
    assertThat(found.targetRows()).isEqualTo(4999);
    assertThat(found.more()).isFalse();

    Verification mended = repair(Duration.ofSeconds(1));

    assertThat(mended.repaired()).isEqualTo(4);
    assertThat(mended.equal()).isTrue();
    assertThat(mended.targetRows()).isEqualTo(5000).isEqualTo(mended.sourceRows());
    assertThat(target.value("select count(*)::text from items where v = 'v'")).isEqualTo("5000");
  }

  @Test
  void waitsForWhatIsOnlyLate() throws Exception {
    source.execute("create table items (id int primary key)", "insert into items values (1), (2)");
    target.execute("create table items (id int primary key)", "insert into items values (1)");
    var verifying = CompletableFuture.supplyAsync(() -> verify(Duration.ofSeconds(60)));
    // The row is missed once it has been looked for.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                target
                    .value(
                        "select seq_scan + coalesce(idx_scan, 0) > 0 from pg_stat_user_tables where"
                            + " relname = 'items'")
                    .equals("t"));

    target.execute("insert into items values (2)");

    assertThat(verifying.get(60, TimeUnit.SECONDS).equal()).isTrue();
  }

  @Test
  void boundsWhatItTells() {
    source.execute(
        "create table items (id int primary key)",
        "insert into items select generate_series(1, 30000)");
    target.execute("create table items (id int primary key)");

    Verification found = verify(Duration.ofMillis(1));

    assertThat(found.differences()).hasSize(100).allMatch(d -> d.kind() == Kind.MISSING);
    assertThat(found.more()).isTrue();
    assertThat(found.equal()).isFalse();
  }

  @Test
  void countsRowsOfATableWithoutAKey() {
    source.execute(
        "create table items (v text)", "insert into items values ('a'), ('a'), ('b'), (null)");
    target.execute(
        "create table items (v text)", "insert into items values ('a'), ('b'), ('c'), (null)");

    assertThat(verify(Duration.ofMillis(1)).differences())
        .containsExactly(
            new Difference(Kind.MISSING, List.of(), 1),
            new Difference(Kind.UNEXPECTED, List.of(), 1));
    assertThatThrownBy(() -> repair(Duration.ofMillis(1)))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("has no key");
  }

  @Test
  void saysWhichTableIsMissing() {
    source.execute("create table items (v text)");

    assertThatThrownBy(() -> verify(Duration.ofMillis(1)))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("target table public.items does not exist");
  }
}
