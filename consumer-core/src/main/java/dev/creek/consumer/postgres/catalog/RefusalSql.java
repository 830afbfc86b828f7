package dev.creek.consumer.postgres.catalog;

/**
 * Queries of the catalog after an error: each returns statements that fix it, or the parts of such
 * statements. Names come out qualified, as the sessions' search path is {@code pg_catalog}.
 */
public final class RefusalSql {
  /**
   * The function in which an error was raised, a trigger's before others. Parameters: the table's
   * id and the error's context, which spells functions as PostgreSQL does.
   */
  public static final String FUNCTION =
      """
      with named as (
          select p.oid, quote_ident(n.nspname) as namespace, quote_ident(p.proname) as name
          from pg_proc p
          join pg_namespace n on n.oid = p.pronamespace
          where n.nspname not in ('pg_catalog', 'information_schema')
      ), raised as (
          select *
          from named
          where strpos($2, ' ' || name || '(') > 0 or strpos($2, '.' || name || '(') > 0
             or strpos($2, '"' || name || '"') > 0
      )
      select r.oid::regprocedure::text as function, r.namespace,
             quote_ident(g.tgname) as trigger,
             case when g.tgparentid <> 0 then $1::oid::regclass else g.tgrelid::regclass end::text
                 as "table"
      from raised r
      left join pg_trigger g
        on g.tgfoid = r.oid and not g.tgisinternal
       and (g.tgrelid = $1::oid
            or g.tgrelid in (select relid from pg_partition_tree($1::oid::regclass)))
      order by g.tgrelid is null, g.tgrelid <> $1::oid, g.tgname
      limit 1
      """;

  /**
   * The table to which a foreign key refers, as SQL. Parameters: schema and table that has it, its
   * name.
   */
  public static final String REFERRED =
      """
      select quote_ident(rn.nspname) || '.' || quote_ident(r.relname)
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
      join pg_class r on r.oid = coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid)
      join pg_namespace rn on rn.oid = r.relnamespace
      where n.nspname = $1 and c.relname = $2 and k.conname = $3 and k.contype = 'f'
      limit 1
      """;

  /**
   * Drops a constraint or an index in the table that defines it: the root of the partitions that
   * inherit it. Parameters: schema, table, and its name.
   */
  public static final String CONSTRAINT =
      """
      with recursive rel as (
          select c.oid
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = $1 and c.relname = $2
      ), line as (
          select a.relid, a.n
          from rel, pg_partition_ancestors(rel.oid) with ordinality as a (relid, n)
        union
          select rel.oid::regclass, 1::int8 from rel
      ), checked as (
          select k.oid
          from line join pg_constraint k on k.conrelid = line.relid
          where k.conname = $3 and k.contype = 'c'
          order by line.n desc
          limit 1
      ), up as (
          select k.oid, k.conparentid
          from rel join pg_constraint k on k.conrelid = rel.oid
          where k.conname = $3 and k.contype <> 'c'
        union all
          select k.oid, k.conparentid from up join pg_constraint k on k.oid = up.conparentid
      ), upper_index as (
          select x.indexrelid as oid, 1 as n
          from rel
          join pg_index x on x.indrelid = rel.oid
          join pg_class i on i.oid = x.indexrelid
          where i.relname = $3
        union all
          select h.inhparent, u.n + 1 from upper_index u join pg_inherits h on h.inhrelid = u.oid
      ), found as (
          select oid from checked
        union all
          select oid from up where conparentid = 0
      )
      select k.contype::text as kind,
             format('ALTER TABLE %s DROP CONSTRAINT %I;', k.conrelid::regclass, k.conname) as fix,
             (select array_agg(a.attname::text order by p.n)
              from unnest(k.conkey) with ordinality as p (attnum, n)
              join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.attnum) as columns
      from found join pg_constraint k on k.oid = found.oid
      union all
      (select 'index', format('DROP INDEX %s;', u.oid::regclass),
              (select array_agg(a.attname::text order by p.n)
               from pg_index x
               cross join unnest(x.indkey::int2[]) with ordinality as p (attnum, n)
               join pg_attribute a on a.attrelid = x.indrelid and a.attnum = p.attnum
               where x.indexrelid = u.oid and p.n <= x.indnkeyatts)
       from upper_index u
       where not exists (select from found)
       order by u.n desc
       limit 1)
      limit 1
      """;

  /**
   * Creates a partition for rows that have none. Parameters: schema and name of the partitioned
   * table.
   */
  public static final String PARTITION =
      """
      with parent as (
          select c.oid, c.relname, n.nspname, t.partstrat
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          join pg_partitioned_table t on t.partrelid = c.oid
          where n.nspname = $1 and c.relname = $2
      ), hashed as (
          select b[1]::int as modulus, b[2]::int as remainder
          from parent
          join pg_inherits h on h.inhparent = parent.oid
          join pg_class c on c.oid = h.inhrelid
          cross join regexp_match(pg_get_expr(c.relpartbound, c.oid),
                                  'modulus (\\d+), remainder (\\d+)') as b
          where parent.partstrat = 'h'
      ), missing as (
          select format('WITH (MODULUS %s, REMAINDER %s)', finest.modulus, g.r) as bound,
                 'r' || g.r as suffix
          from (select coalesce(max(modulus), 1) as modulus from hashed) as finest
          cross join generate_series(0, finest.modulus - 1) as g (r)
          where not exists (
              select from hashed where g.r % hashed.modulus = hashed.remainder)
      ), wanted as (
          select 'DEFAULT' as bound, 'default' as suffix from parent where partstrat <> 'h'
        union all
          select 'FOR VALUES ' || bound, suffix
          from missing
          where exists (select from parent where partstrat = 'h')
      )
      select string_agg(
                 format('CREATE TABLE %I.%I PARTITION OF %s %s;', nspname, free.name,
                        parent.oid::regclass, bound), ' ')
      from parent
      cross join wanted
      cross join lateral (
          select begin.part || '_' || suffix || case n when 0 then '' else '_' || n end as name
          from generate_series(0, 99) as n
          cross join (
              select left(relname, length) as part
              from generate_series(0, 40) as length
              where octet_length(left(relname, length)) <= 40
              order by length desc
              limit 1) as begin
          where not exists (
              select from pg_class c
              join pg_namespace s on s.oid = c.relnamespace
              where s.nspname = parent.nspname
                and c.relname = begin.part || '_' || suffix
                                    || case n when 0 then '' else '_' || n end)
          order by n
          limit 1
      ) as free
      """;

  /** The table of which a table is a partition; no row if it is none. Parameter: its id. */
  public static final String PARENT =
      """
      select h.inhparent::regclass::text
      from pg_inherits h join pg_class c on c.oid = h.inhrelid
      where h.inhrelid = $1::oid and c.relispartition
      """;

  /**
   * The privileges that a role lacks to write a table. Parameters: its id, and whether a table is
   * to be created beside it.
   */
  public static final String PRIVILEGES =
      """
      select quote_ident(current_user) as role,
             concat_ws(' ',
                 case when not has_schema_privilege(c.relnamespace, 'usage')
                     then format('GRANT USAGE ON SCHEMA %I TO %I;', n.nspname, current_user) end,
                 case when lacking <> ''
                     then format('GRANT %s ON %s TO %I;', lacking, c.oid::regclass, current_user)
                 end,
                 case when $2 and not has_schema_privilege(c.relnamespace, 'create')
                               and not has_database_privilege(current_database(), 'temporary')
                     then format('GRANT CREATE ON SCHEMA %I TO %I;', n.nspname, current_user)
                 end) as fix,
             row_security_active(c.oid) as secured
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (
          select concat_ws(', ',
                     case when not has_table_privilege(c.oid, 'select') then 'SELECT' end,
                     case when not has_table_privilege(c.oid, 'insert') then 'INSERT' end,
                     case when not has_table_privilege(c.oid, 'update') then 'UPDATE' end,
                     case when not has_table_privilege(c.oid, 'delete') then 'DELETE' end,
                     case when not has_table_privilege(c.oid, 'truncate') then 'TRUNCATE' end)
      ) as p (lacking)
      where c.oid = $1::oid
      """;

  /**
   * The privileges that a role lacks to create a table. Parameter: the table's schema, which may be
   * missing.
   */
  public static final String CREATION =
      """
      select case when n.oid is null
                 then format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), current_user)
                 else format('GRANT USAGE, CREATE ON SCHEMA %I TO %I;', n.nspname, current_user)
             end
      from (select) as one
      left join pg_namespace n on n.nspname = $1
      """;

  /**
   * The triggers and rules that act before a table's rows are written, and how to prevent that.
   * Parameter: its id.
   */
  public static final String DECIDING =
      """
      select string_agg(fix, ' ' order by fix)
      from (
          select distinct
                 format('ALTER TABLE %s DISABLE TRIGGER %I;',
                        case when t.tgparentid <> 0 then $1::oid::regclass
                            else t.tgrelid::regclass end, t.tgname) as fix
          from pg_trigger t
          where (t.tgrelid = $1::oid
                 or t.tgrelid in (select relid from pg_partition_tree($1::oid::regclass)))
            and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 3 = 3
        union all
          select format('DROP RULE %I ON %s;', r.rulename, r.ev_class::regclass)
          from pg_rewrite r
          where r.ev_class = $1::oid and r.rulename <> '_RETURN'
      ) as deciding
      having count(*) > 0
      """;

  /**
   * The session that has had locks on a table for the longest. Takes no lock on the table itself,
   * which may be the one that cannot be locked. Parameter: its id.
   */
  public static final String HOLDER =
      """
      select a.pid,
             a.pid || ' (' || concat_ws(', ', nullif(a.application_name, ''), a.state) || ')' as told
      from pg_locks l
      join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'relation' and l.relation = $1::oid and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and a.pid <> pg_backend_pid()
      order by a.xact_start nulls last, a.pid
      limit 1
      """;

  /** Tells whether a publication wants a replica identity of a table. Parameter: its id. */
  public static final String PUBLISHED =
      """
      select format('ALTER TABLE %s REPLICA IDENTITY FULL;', c.oid::regclass)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.oid = $1::oid
        and exists (select from pg_publication_tables p
                    where p.schemaname = n.nspname and p.tablename = c.relname)
      """;

  /** Drops a table's rules. Parameter: its id. */
  public static final String RULES =
      """
      select string_agg(format('DROP RULE %I ON %s;', r.rulename, r.ev_class::regclass), ' ')
      from pg_rewrite r
      where r.ev_class = $1::oid and r.rulename <> '_RETURN'
      """;

  /** Drops whatever computes something from a table's rows. Parameter: its id. */
  public static final String EXPRESSIONS =
      """
      select string_agg(fix, ' or: ' order by step, fix)
      from (
          select 1 as step, format('ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION;',
                                   a.attrelid::regclass, a.attname) as fix
          from pg_attribute a
          where a.attrelid = $1::oid and a.attgenerated = 's' and not a.attisdropped
        union all
          select 2, format('DROP INDEX %s;', x.indexrelid::regclass)
          from pg_index x
          where x.indrelid = $1::oid and (x.indexprs is not null or x.indpred is not null)
        union all
          select 3, format('ALTER TABLE %s DROP CONSTRAINT %I;', k.conrelid::regclass, k.conname)
          from pg_constraint k
          where k.conrelid = $1::oid and k.contype = 'c'
      ) as computed
      """;

  /** Drops indexes that are no constraints. Parameter: the table's id. */
  public static final String INDEXES =
      """
      select string_agg(format('DROP INDEX %s;', x.indexrelid::regclass), ' or: '
                        order by x.indexrelid)
      from pg_index x
      where x.indrelid = $1::oid and not x.indisunique
      """;

  /**
   * A column's type with its modifier, for a cast, and its enum. Parameters: the table's id, and
   * the column's name.
   */
  public static final String TYPE =
      """
      with recursive part as (
          select a.atttypid as typ from pg_attribute a
          where a.attrelid = $1::oid and a.attname = $2 and not a.attisdropped
        union all
          select case when t.typtype = 'd' then t.typbasetype else t.typelem end
          from part join pg_type t on t.oid = part.typ
          where t.typtype = 'd' or (t.typcategory = 'A' and t.typelem <> 0)
      )
      select format_type(a.atttypid, a.atttypmod) as type,
             (select part.typ::regtype::text
              from part join pg_type t on t.oid = part.typ
              where t.typtype = 'e') as labels
      from pg_attribute a
      where a.attrelid = $1::oid and a.attname = $2 and not a.attisdropped
      """;

  /**
   * A domain without the part that refuses. Parameters: schema, name, constraint or null for NOT
   * NULL.
   */
  public static final String DOMAIN =
      """
      select format('ALTER DOMAIN %I.%I ', $1::text, $2::text)
                 || case when $3::text is null then 'DROP NOT NULL;'
                        else format('DROP CONSTRAINT %I;', $3::text) end
      """;

  private RefusalSql() {}
}
