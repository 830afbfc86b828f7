package dev.creek.consumer.postgres.definition;

/**
 * The statements that read a table's definition, on either side. Parameters: schema, table. They
 * rely on an empty search path, with which PostgreSQL writes each name with its schema: the same
 * definition reads the same on both sides, but for the names of the tables. Those stand only in the
 * beginning of a definition, which is known exactly; the rest is null if it begins otherwise.
 */
final class DefinitionSql {
  static final String TABLE =
      """
      select c.relkind = 'p' as partitioned,
             obj_description(c.oid, 'pg_class') as comment
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')
      """;

  /** One row per column, with the sequence of its identity, or that its default takes from. */
  static final String COLUMNS =
      """
      select a.attname::text as name,
             a.attnotnull as not_null,
             a.attidentity::text as identity,
             a.attgenerated <> '' as generated,
             format_type(a.atttypid, a.atttypmod) as type,
             pg_get_expr(d.adbin, d.adrelid) as expression,
             col_description(c.oid, a.attnum) as comment,
             case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end
                 as collation,
             n2.nspname::text as sequence_namespace,
             s.relname::text as sequence_name,
             format_type(q.seqtypid, null) as sequence_type,
             q.seqincrement::int8 as increment,
             format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %sCYCLE',
                    q.seqincrement, q.seqmin, q.seqmax, q.seqstart, q.seqcache,
                    case when q.seqcycle then '' else 'NO ' end) as sequence_options,
             pg_get_expr(d.adbin, d.adrelid)
                 = format('nextval(%L::regclass)', s.oid::regclass::text) as plain,
             coalesce(uses.owned, false) as owned
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      left join lateral (
          select min(used.oid::int8)::oid as oid, bool_or(own.objid is not null) as owned
          from (
              select p.objid as oid
              from pg_depend p
              where p.classid = 'pg_class'::regclass and p.refclassid = 'pg_class'::regclass
                and p.refobjid = c.oid and p.refobjsubid = a.attnum and p.deptype = 'i'
            union
              select p.refobjid
              from pg_depend p
              where p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
                and p.refclassid = 'pg_class'::regclass) as used
          join pg_sequence known on known.seqrelid = used.oid
          left join pg_depend own
            on own.classid = 'pg_class'::regclass and own.objid = used.oid
           and own.refclassid = 'pg_class'::regclass and own.refobjid = c.oid
           and own.refobjsubid = a.attnum and own.deptype = 'a'
          having count(distinct used.oid) = 1) as uses on true
      left join pg_class s on s.oid = uses.oid
      left join pg_namespace n2 on n2.oid = s.relnamespace
      left join pg_sequence q on q.seqrelid = s.oid
      where n.nspname = $1 and c.relname = $2
      order by a.attnum
      """;

  /**
   * Constraints except the primary key. A foreign key to a partitioned table has one of its own for
   * each partition as well, which are not listed.
   */
  static final String CONSTRAINTS =
      """
      select k.conname::text as name,
             k.contype::text as kind,
             k.convalidated as validated,
             k.condeferrable as deferrable,
             k.condeferred as deferred,
             pg_get_constraintdef(k.oid) as definition,
             i.relname::text as index,
             own.names as columns,
             other.names as other_columns,
             n2.nspname::text as other_namespace,
             f.relname::text as other_table,
             case when starts_with(pg_get_constraintdef(k.oid), beginning.text)
                 then substr(pg_get_constraintdef(k.oid), length(beginning.text) + 1) end as rest
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_constraint k on k.conrelid = c.oid and k.contype in ('c', 'u', 'x', 'f')
      left join pg_class i on i.oid = k.conindid and k.contype <> 'f'
      left join pg_class f on f.oid = k.confrelid
      left join pg_namespace n2 on n2.oid = f.relnamespace
      cross join lateral (
          select array_agg(a.attname::text order by l.place) as names,
                 string_agg(quote_ident(a.attname), ', ' order by l.place) as list
          from unnest(k.conkey) with ordinality as l (number, place)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = l.number) as own
      cross join lateral (
          select array_agg(a.attname::text order by l.place) as names,
                 string_agg(quote_ident(a.attname), ', ' order by l.place) as list
          from unnest(k.confkey) with ordinality as l (number, place)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = l.number) as other
      cross join lateral (
          select case when k.contype = 'f'
              then format('FOREIGN KEY (%s) REFERENCES %s(%s)', own.list, k.confrelid::regclass,
                          other.list) end as text) as beginning
      where n.nspname = $1 and c.relname = $2
        and not exists (
            select from pg_constraint whole
            where whole.oid = k.conparentid and whole.conrelid = k.conrelid)
      order by k.contype, k.conname
      """;

  /** Indexes, those of constraints as well. */
  static final String INDEXES =
      """
      select i.relname::text as name,
             x.indisunique as is_unique,
             x.indisvalid as valid,
             x.indisprimary as is_primary,
             exists (select from pg_constraint k
                     where k.conindid = i.oid and k.contype in ('p', 'u', 'x')) as constrained,
             (select array_agg(a.attname::text order by a.attnum)
              from pg_attribute a
              where a.attrelid = c.oid
                and (a.attnum = any (x.indkey::int2[])
                     or exists (
                         select from pg_depend p
                         where p.classid = 'pg_class'::regclass and p.objid = i.oid
                           and p.refclassid = 'pg_class'::regclass and p.refobjid = c.oid
                           and p.refobjsubid = a.attnum))) as columns,
             case when starts_with(pg_get_indexdef(i.oid), beginning.text)
                 then substr(pg_get_indexdef(i.oid), length(beginning.text) + 1) end as rest
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_index x on x.indrelid = c.oid
      join pg_class i on i.oid = x.indexrelid
      cross join lateral (
          select format('CREATE %sINDEX %I ON %s%I.%I USING ',
                        case when x.indisunique then 'UNIQUE ' else '' end, i.relname,
                        case when i.relkind = 'I' then 'ONLY ' else '' end,
                        n.nspname, c.relname) as text) as beginning
      where n.nspname = $1 and c.relname = $2
      order by i.relname
      """;

  /** The tables of a list that exist. Parameters: schemas, tables. */
  static final String EXISTING =
      """
      select n.nspname::text as namespace, c.relname::text as table
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')
        and (n.nspname::text, c.relname::text) in (select * from unnest($1::text[], $2::text[]))
      """;

  private DefinitionSql() {}
}
