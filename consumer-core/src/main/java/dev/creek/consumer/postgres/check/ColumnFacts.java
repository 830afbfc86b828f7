package dev.creek.consumer.postgres.check;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.Session;
import io.r2dbc.spi.Readable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The properties of a column that a copy of it in another database needs.
 *
 * @param plain its type with modifier as SQL, without domains, and by the short name if there is
 *     one
 * @param enumName its enum, without schema; null if there is none
 * @param enumSql the same as SQL, with its schema
 * @param labels the enum's, in order
 * @param expression by which it is generated; null if it is not
 * @param nullable statements that make it take NULL; empty if it does
 */
record ColumnFacts(
    String plain,
    @Nullable String enumName,
    @Nullable String enumSql,
    List<String> labels,
    @Nullable String expression,
    String nullable) {
  /** Parameter: the table's id. */
  private static final String SQL =
      """
      with recursive part as (
          select a.attnum, a.atttypid as typ, a.atttypmod as modifier, false as in_array,
                 null::oid as refusing
          from pg_attribute a
          where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
        union all
          select part.attnum,
                 case when t.typtype = 'd' then t.typbasetype else t.typelem end,
                 case when t.typtype = 'd' then t.typtypmod else part.modifier end,
                 part.in_array or t.typtype <> 'd',
                 case when t.typtype = 'd' and t.typnotnull and not part.in_array then t.oid
                     else part.refusing end
          from part join pg_type t on t.oid = part.typ
          where t.typtype = 'd' or (t.typcategory = 'A' and t.typelem <> 0)
      ), leaf as (
          select part.*, t.typtype, t.typname
          from part join pg_type t on t.oid = part.typ
          where t.typtype <> 'd' and not (t.typcategory = 'A' and t.typelem <> 0)
      )
      select a.attname::text as name,
             case when leaf.typ = to_regtype('pg_catalog.' || quote_ident(leaf.typname))::oid
                       and leaf.typname in ('bool', 'int8', 'int2', 'int4', 'text', 'json', 'float4',
                           'float8', 'bpchar', 'varchar', 'date', 'time', 'timestamp',
                           'timestamptz', 'numeric', 'uuid', 'jsonb')
                 then leaf.typname || coalesce(
                          substring(format_type(leaf.typ, leaf.modifier) from '[(][0-9,-]+[)]'), '')
                 else format_type(leaf.typ, leaf.modifier)
             end || case when leaf.in_array then '[]' else '' end as plain,
             case when leaf.typtype = 'e' then leaf.typname::text end as enum_name,
             case when leaf.typtype = 'e' then leaf.typ::regtype::text end as enum_sql,
             (select array_agg(e.enumlabel::text order by e.enumsortorder)
              from pg_enum e where e.enumtypid = leaf.typ) as labels,
             case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as expression,
             concat_ws(' ',
                 case when a.attnotnull
                     then format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL;',
                                 a.attrelid::regclass, a.attname) end,
                 case when leaf.refusing is not null
                     then format('ALTER DOMAIN %s DROP NOT NULL;', leaf.refusing::regtype) end)
                 as nullable
      from leaf
      join pg_attribute a on a.attrelid = $1::oid and a.attnum = leaf.attnum
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      """;

  /** By column. */
  static Mono<Map<String, ColumnFacts>> of(Session session, CatalogTable table) {
    return session
        .query(
            SQL,
            statement -> statement.bind(0, table.oid()),
            row -> Map.entry(text(row, "name"), of(row)))
        .collectMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  private static ColumnFacts of(Readable row) {
    String[] labels = row.get("labels", String[].class);
    return new ColumnFacts(
        text(row, "plain"),
        row.get("enum_name", String.class),
        row.get("enum_sql", String.class),
        labels == null ? List.of() : Arrays.asList(labels),
        row.get("expression", String.class),
        text(row, "nullable"));
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }
}
