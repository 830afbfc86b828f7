package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.text.Remedy;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Looks at a source database and its tables, changes nothing, and says what the producer will not
 * carry: it drops whole rows, and nothing on the wire tells of that.
 */
public final class SourceCheck {
  private static final String ABOUT = "source";

  private static final long CLOCKS_AGREE_MILLIS = 1000;

  private static final String SERVER =
      """
      select current_setting('server_version') as version,
             current_setting('wal_level') = 'logical' as logical,
             current_setting('DateStyle') like 'ISO%' as iso,
             quote_ident(current_database()) as database,
             (extract(epoch from clock_timestamp()) * 1000)::int8 as millis
      """;

  /** Types that travel as such, or as text that PostgreSQL reads back; the rest is dropped. */
  private static final String TABLE =
      """
      select c.relreplident::text as identity,
             exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary) as keyed,
             exists (select from pg_publication_tables p
                     where p.schemaname = $1 and p.tablename = $2) as published,
             coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) as out_of_line_bytes,
             coalesce(dropped.columns, '') as dropped,
             coalesce(dropped.retyped, '') as retyped,
             coalesce((select string_agg(quote_ident(a.attname) || ' (a domain over ' || format_type(b.oid, null) || ')',
                                         ', ' order by a.attnum)
                       from pg_attribute a
                       join pg_type t on t.oid = a.atttypid and t.typtype = 'd'
                       cross join lateral (
                           with recursive bare as (
                               select t.typbasetype as oid
                             union all
                               select d.typbasetype from bare join pg_type d on d.oid = bare.oid
                               where d.typtype = 'd')
                           select bare.oid from bare join pg_type d on d.oid = bare.oid
                           where d.typtype <> 'd') as b
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                         and b.oid not in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)), '')
                 as thinned,
             coalesce((select string_agg(quote_ident(a.attname) || ' (' || lost.what || ')',
                                         ', ' order by a.attnum)
                       from pg_attribute a
                       join pg_type t on t.oid = a.atttypid
                       left join pg_stats s on s.schemaname = $1 and s.tablename = $2
                           and s.attname = a.attname and not s.inherited
                       cross join lateral (
                           select case
                               when t.typname in ('json', 'jsonb') then 'JSON that is no object'
                               when t.typcategory = 'A' then 'arrays with a NULL in them'
                               when t.typname in ('date', 'timestamp', 'timestamptz')
                                    and concat(s.most_common_vals::text, s.histogram_bounds::text) like '%infinity%'
                                   then 'infinite times, in snapshots' end as what) as lost
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                         and lost.what is not null), '') as partly,
             coalesce((select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                       from pg_attribute a
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                         and a.attstorage in ('x', 'e')), '') as toastable,
             coalesce((select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                       from pg_attribute a
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                         and a.attname !~ '^[A-Za-z_][A-Za-z0-9_]*$'), '') as unnameable
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (
          select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod),
                            ', ' order by a.attnum) as columns,
                 string_agg(format('ALTER TABLE %I.%I ALTER COLUMN %I TYPE text USING %I::text;',
                                   $1::text, $2::text, a.attname, a.attname),
                            ' ' order by a.attnum) as retyped
          from pg_attribute a
          join pg_type t on t.oid = a.atttypid
          left join pg_type item on item.oid = t.typelem and t.typcategory = 'A'
          cross join lateral (
              select ((a.atttypmod - 4 & 2047) # 1024) - 1024 as scale) as numerics
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and (coalesce(item.typname, t.typname)
                     in ('bytea', 'inet', 'cidr', 'macaddr', 'macaddr8', 'interval',
                         'bit', 'varbit', 'oid', 'xid', 'point', 'line', 'lseg', 'box',
                         'path', 'polygon', 'circle', 'char', 'xml')
                 or coalesce(item.typtype, t.typtype) in ('r', 'm')
                 or coalesce(item.typname, t.typname) = 'numeric'
                    and (a.atttypmod = -1
                         or numerics.scale < 0
                         or numerics.scale > (a.atttypmod - 4) >> 16 & 65535))) as dropped
      where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')
      """;

  private SourceCheck() {}

  /**
   * Looks at the server and the source tables of these mappings.
   *
   * @return errors with {@link dev.creek.consumer.api.DatabaseException} where the server cannot be
   *     reached or does not let us in
   */
  public static Flux<Finding> findings(DatabaseOptions source, List<Mapping> mappings) {
    return Flux.usingWhen(
        // Certificates are read from files.
        Mono.fromSupplier(() -> new Sessions(source)).subscribeOn(Schedulers.boundedElastic()),
        sessions ->
            sessions
                .use("source database", session -> look(session, source, mappings))
                .flatMapIterable(findings -> findings),
        Sessions::close);
  }

  private static Mono<List<Finding>> look(
      Session session, DatabaseOptions source, List<Mapping> mappings) {
    return session
        .query(SERVER, statement -> {}, row -> server(row, source))
        .concatWith(Flux.fromIterable(mappings).concatMap(mapping -> table(session, mapping), 1))
        .flatMapIterable(findings -> findings)
        .collectList();
  }

  private static List<Finding> server(Readable row, DatabaseOptions source) {
    var findings = new ArrayList<Finding>();
    findings.add(Finding.ok(ABOUT, "PostgreSQL " + text(row, "version") + " at " + source));
    if (!is(row, "logical")) {
      findings.add(
          Finding.problem(
              ABOUT,
              "wal_level is not logical: there is nothing for the producer to read",
              "ALTER SYSTEM SET wal_level = logical; and restart it"));
    }
    if (!is(row, "iso")) {
      findings.add(
          Finding.problem(
              ABOUT,
              "DateStyle is not ISO, of which the producer dies",
              "ALTER DATABASE " + text(row, "database") + " SET DateStyle = 'ISO';"));
    }
    clock(findings, Objects.requireNonNull(row.get("millis", Long.class)));
    return findings;
  }

  private static void clock(List<Finding> findings, long millis) {
    long ahead = millis - System.currentTimeMillis();
    if (Math.abs(ahead) > CLOCKS_AGREE_MILLIS) {
      findings.add(
          Finding.warning(
              ABOUT,
              "its clock is %.1f s %s ours: lag is shown wrong by that"
                  .formatted(Math.abs(ahead) / 1e3, ahead < 0 ? "behind" : "ahead of"),
              "synchronise both with NTP"));
    }
  }

  private static Mono<List<Finding>> table(Session session, Mapping mapping) {
    SourceTable table = mapping.source();
    return session
        .query(
            TABLE,
            statement -> statement.bind(0, table.namespace()).bind(1, table.table()),
            row -> table(row, mapping))
        .next()
        .defaultIfEmpty(
            List.of(
                Finding.problem(
                    mapping.toString(),
                    "the source has no such table",
                    "check the name, and that --source-uri names database " + table.database())));
  }

  private static List<Finding> table(Readable row, Mapping mapping) {
    String about = mapping.toString();
    String name = SqlNames.quoted(mapping.source().namespace(), mapping.source().table());
    var findings = new ArrayList<Finding>();
    identity(findings, about, name, text(row, "identity"), is(row, "keyed"));
    if (!is(row, "published")) {
      findings.add(
          Finding.problem(
              about,
              "no publication has it: the producer does not see its changes",
              "on the source: ALTER PUBLICATION ... ADD TABLE " + name + "; (the producer's)"));
    }
    String dropped = text(row, "dropped");
    if (!dropped.isEmpty()) {
      findings.add(
          Finding.warning(
              about,
              "the producer drops every row that has a value in " + dropped,
              "text can hold all; on the source: "
                  + text(row, "retyped")
                  + " A numeric may get a precision instead: TYPE numeric(20,5)"));
    }
    String thinned = text(row, "thinned");
    if (!thinned.isEmpty()) {
      findings.add(
          Finding.warning(
              about,
              "the producer drops every row that has a value there from snapshots, though not from changes: "
                  + thinned,
              "give the column the domain's own type on the source, or compare after each snapshot: "
                  + Remedy.repair(mapping)));
    }
    String partly = text(row, "partly");
    if (!partly.isEmpty()) {
      findings.add(
          Finding.warning(
              about,
              "the producer drops rows with some values: " + partly,
              "where there are such values, compare now and then: " + Remedy.repair(mapping)));
    }
    String unnameable = text(row, "unnameable");
    if (!unnameable.isEmpty()) {
      findings.add(
          Finding.warning(
              about,
              "the producer drops every row, because of the names of columns " + unnameable,
              "rename them: letters, digits and _"));
    }
    String toastable = text(row, "toastable");
    boolean outOfLine = number(row, "out_of_line_bytes") > 0;
    if (!toastable.isEmpty() && outOfLine) {
      findings.add(
          Finding.warning(
              about,
              "has large values stored out of line ("
                  + toastable
                  + "): the producer drops updates that leave such a value as it was",
              "compare now and then: " + Remedy.repair(mapping)));
    }
    if (findings.isEmpty()) {
      findings.add(Finding.ok(about, "the source table can be followed"));
    }
    return findings;
  }

  private static void identity(
      List<Finding> findings, String about, String name, String identity, boolean keyed) {
    if (identity.equals("n") || (identity.equals("d") && !keyed)) {
      findings.add(
          Finding.warning(
              about,
              "the source has no replica identity: it refuses updates and deletes once published",
              "on the source: ALTER TABLE "
                  + name
                  + " ADD PRIMARY KEY (...); or, where no columns tell rows apart: ALTER TABLE "
                  + name
                  + " REPLICA IDENTITY FULL;"));
    }
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }

  private static long number(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, Long.class));
  }

  private static boolean is(Readable row, String name) {
    return Boolean.TRUE.equals(row.get(name, Boolean.class));
  }
}
