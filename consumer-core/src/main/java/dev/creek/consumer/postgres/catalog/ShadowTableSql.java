package dev.creek.consumer.postgres.catalog;

/**
 * Queries whose rows are the statements that complete a table's copy, and that put it in the
 * table's place. Parameters: the old table's id and the loaded table's name.
 *
 * <p>PostgreSQL's own definitions of indexes and statistics begin with names, always with the
 * schema. That beginning is replaced. If it is not as expected, the statement is NULL, which ends
 * the attempt. Names that are unique in a schema are derived from the loaded table's until the old
 * ones are free.
 */
public final class ShadowTableSql {
  private static final String OLD =
      """
      with old as (
          select c.*, n.nspname, format('%I.%I', n.nspname, $2) as fresh,
                 format('%I.%I', n.nspname, c.relname) as named
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          where c.oid = $1::oid
      ), live as (
          select a.*, old.fresh, old.nspname
          from pg_attribute a join old on a.attrelid = old.oid
          where a.attnum > 0 and not a.attisdropped
      ), indexes as (
          select x.indexrelid as oid, x.indrelid, x.indisunique, x.indisprimary, x.indisexclusion,
                 x.indisclustered, x.indisreplident, i.relname, i.reloptions,
                 k.oid as con, k.conname, k.contype, k.condeferrable, k.condeferred,
                 coalesce(t.spcname, '') as place, old.fresh, old.nspname, old.named,
                 $2 || '_' || row_number() over (order by x.indexrelid) as temporary
          from old
          join pg_index x on x.indrelid = old.oid and x.indisvalid
          join pg_class i on i.oid = x.indexrelid
          left join pg_tablespace t on t.oid = i.reltablespace
          left join pg_constraint k
            on k.conindid = x.indexrelid and k.conrelid = old.oid and k.contype in ('p', 'u', 'x')
      ), statistics as (
          select s.oid, s.stxname, s.stxowner, s.stxstattarget, old.fresh, old.nspname, old.named,
                 $2 || '_s' || row_number() over (order by s.oid) as temporary
          from pg_statistic_ext s join old on s.stxrelid = old.oid
      ),
      """;

  /**
   * In this order: indexes, those first that may refuse rows, and what needs them; then checks, all
   * in one pass; then settings for ANALYZE. The second column is the tablespace.
   */
  public static final String BUILD =
      OLD
          + """
          built as (
              select i.*, pg_get_indexdef(i.oid) as definition,
                     format('CREATE %sINDEX %I ON %s ',
                            case when i.indisunique then 'UNIQUE ' end, i.relname, i.named)
                         as beginning
              from indexes i
              where not i.indisexclusion
          ), described as (
              select s.*, pg_get_statisticsobjdef(s.oid) as definition,
                     format('CREATE STATISTICS %I.%I', s.nspname, s.stxname) as beginning,
                     ' FROM ' || s.named as ending
              from statistics s
          ), statement (step, part, place, sql) as (
              select case when indisprimary then 1 when indisunique then 2 else 3 end,
                     oid::int8 * 2, place,
                     case when starts_with(definition, beginning)
                         then format('create %sindex %I on %s %s',
                                     case when indisunique then 'unique ' end, temporary, fresh,
                                     substr(definition, length(beginning) + 1))
                     end
              from built
            union all
              select case when indisprimary then 1 else 2 end, oid::int8 * 2 + 1, '',
                     format('alter table %s add constraint %I %s using index %I%s%s', fresh,
                            temporary, case contype when 'p' then 'primary key' else 'unique' end,
                            temporary,
                            case when condeferrable then ' deferrable' end,
                            case when condeferred then ' initially deferred' end)
              from built
              where con is not null
            union all
              select 3, oid::int8 * 2, place,
                     format('alter table %s add constraint %I %s', fresh, temporary,
                            pg_get_constraintdef(con))
              from indexes
              where indisexclusion
            union all
              select 3, oid::int8 * 2 + 1, '',
                     format('alter index %I.%I set (%s)', nspname, temporary,
                            (select string_agg(
                                        format('%I=%L', split_part(option, '=', 1),
                                               substr(option, strpos(option, '=') + 1)), ', ')
                             from unnest(reloptions) as option))
              from indexes
              where indisexclusion and reloptions is not null
            union all
              select 4, 0, '',
                     format('alter table %s %s', old.fresh,
                            string_agg(
                                format('add constraint %I %s', k.conname,
                                       pg_get_constraintdef(k.oid)), ', '))
              from old join pg_constraint k on k.conrelid = old.oid and k.contype = 'c'
              group by old.fresh
            union all
              select 5, attnum, '',
                     format('alter table %s alter column %I set statistics %s', fresh, attname,
                            attstattarget)
              from live
              where attstattarget >= 0
            union all
              select 5, attnum, '',
                     format('alter table %s alter column %I set (%s)', fresh, attname,
                            (select string_agg(
                                        format('%I=%L', split_part(option, '=', 1),
                                               substr(option, strpos(option, '=') + 1)), ', ')
                             from unnest(attoptions) as option))
              from live
              where attoptions is not null
            union all
              select 5, a.attnum, '',
                     format('alter index %I.%I alter column %s set statistics %s', i.nspname,
                            i.temporary, a.attnum, a.attstattarget)
              from indexes i
              join pg_attribute a on a.attrelid = i.oid and a.attstattarget >= 0
            union all
              select 6, oid::int8 * 2, '',
                     case when starts_with(definition, beginning)
                               and right(definition, length(ending)) = ending
                         then format('create statistics %I.%I%s from %s', nspname, temporary,
                                     substr(definition, length(beginning) + 1,
                                            length(definition) - length(beginning)
                                                - length(ending)),
                                     fresh)
                     end
              from described
            union all
              select 6, oid::int8 * 2 + 1, '',
                     format('alter statistics %I.%I set statistics %s', nspname, temporary,
                            stxstattarget)
              from statistics
              where stxstattarget >= 0
          )
          select sql, place from statement order by step, part
          """;

  /**
   * Gives the copy everything that belongs to the old table, drops the old table, and takes over
   * its names. Run while both are locked.
   */
  public static final String SWAP =
      OLD
          + """
          twin as (
              select c.oid, c.relacl, c.relowner
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = (select nspname from old) and c.relname = $2
          ), sequences as (
              select a.attname, a.attnum, a.fresh, a.nspname, d.deptype, s.oid, s.relname, s.relacl,
                     s.relowner,
                     format('%I.%I', n.nspname, s.relname) as named,
                     f.relname as twin_name, f.relacl as twin_acl,
                     quote_ident(n.nspname) || '.' || quote_ident(f.relname) as twin
              from live a
              join pg_depend d
                on d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid
               and d.refobjsubid = a.attnum and d.classid = 'pg_class'::regclass
               and d.deptype in ('a', 'i')
              join pg_class s on s.oid = d.objid and s.relkind = 'S'
              join pg_namespace n on n.oid = s.relnamespace
              left join pg_attribute b
                on b.attrelid = (select oid from twin) and b.attname = a.attname
               and not b.attisdropped and d.deptype = 'i'
              left join pg_depend e
                on e.refclassid = 'pg_class'::regclass and e.refobjid = b.attrelid
               and e.refobjsubid = b.attnum and e.classid = 'pg_class'::regclass
               and e.deptype = 'i'
              left join pg_class f on f.oid = e.objid and f.relkind = 'S'
          ), grantable (kind, object, owner, acl, twin_acl) as (
              select 'table', old.fresh, old.relowner, old.relacl, null::aclitem[] from old
            union all
              select 'sequence', twin, relowner, relacl, twin_acl from sequences where deptype = 'i'
          ), privileges as (
              select g.kind, g.object, '' as columns, a.grantee, a.is_grantable,
                     a.privilege_type
              from grantable g, aclexplode(g.acl) a
            union all
              select 'table', l.fresh, format(' (%I)', l.attname), a.grantee, a.is_grantable,
                     a.privilege_type
              from live l, aclexplode(l.attacl) a
          ), remark (object, text) as (
              select 'table ' || old.fresh, obj_description(old.oid, 'pg_class') from old
            union all
              select format('column %s.%I', fresh, attname), col_description(attrelid, attnum)
              from live
              where col_description(attrelid, attnum) is not null
            union all
              select format('index %I.%I', nspname, temporary), obj_description(oid, 'pg_class')
              from indexes
              where obj_description(oid, 'pg_class') is not null
            union all
              select format('constraint %I on %s', temporary, fresh),
                     obj_description(con, 'pg_constraint')
              from indexes
              where obj_description(con, 'pg_constraint') is not null
            union all
              select format('constraint %I on %s', k.conname, old.fresh),
                     obj_description(k.oid, 'pg_constraint')
              from old join pg_constraint k on k.conrelid = old.oid and k.contype in ('c', 'n')
              where obj_description(k.oid, 'pg_constraint') is not null
            union all
              select format('statistics %I.%I', nspname, temporary),
                     obj_description(oid, 'pg_statistic_ext')
              from statistics
              where obj_description(oid, 'pg_statistic_ext') is not null
            union all
              select 'sequence ' || twin, obj_description(oid, 'pg_class')
              from sequences
              where deptype = 'i' and obj_description(oid, 'pg_class') is not null
          ), statement (step, sql) as (
              select 1, format('alter table %s owner to %I', old.fresh,
                               pg_get_userbyid(old.relowner))
              from old join twin on twin.relowner <> old.relowner
            union all
              select 2, format('alter statistics %I.%I owner to %I', nspname, temporary,
                               pg_get_userbyid(stxowner))
              from statistics
            union all
              select 2, format('alter sequence %s owned by %s.%I', named, fresh, attname)
              from sequences
              where deptype = 'a'
            union all
              select 2, format('select setval(%L, last_value, is_called) from %s', twin, named)
              from sequences
              where deptype = 'i'
            union all
              select 3, format('revoke all on %s %s from %s', g.kind, g.object,
                               case a.grantee when 0 then 'public'
                                   else quote_ident(pg_get_userbyid(a.grantee)) end)
              from grantable g, (
                  select distinct object, grantee
                  from grantable, aclexplode(twin_acl)
                union
                  select object, owner from grantable where acl is not null
              ) as a
              where a.object = g.object
            union all
              select 4, format('grant %s on %s %s to %s%s', string_agg(privilege_type || columns, ', '),
                               kind, object,
                               case grantee when 0 then 'public'
                                   else quote_ident(pg_get_userbyid(grantee)) end,
                               case when is_grantable then ' with grant option' end)
              from privileges
              group by kind, object, grantee, is_grantable
            union all
              select 5, format('comment on %s is %s', object, coalesce(quote_literal(text), 'null'))
              from remark
            union all
              select 6, format('alter table %s replica identity %s', fresh,
                               case relreplident when 'f' then 'full' else 'nothing' end)
              from old
              where relreplident in ('f', 'n')
            union all
              select 6, format('alter table %s replica identity using index %I', i.fresh, i.temporary)
              from indexes i join old on old.relreplident = 'i'
              where i.indisreplident
            union all
              select 6, format('alter table %s cluster on %I', fresh, temporary)
              from indexes
              where indisclustered
            union all
              select 6, format('alter table %s enable row level security', fresh)
              from old
              where relrowsecurity
            union all
              select 6, format('alter table %s force row level security', fresh)
              from old
              where relforcerowsecurity
            union all
              select 7, format('drop table %s', named) from old
            union all
              select 8, format('alter table %s rename to %I', fresh, relname) from old
            union all
              select 9, format('alter index %I.%I rename to %I', nspname, temporary, relname)
              from indexes
              where con is null
            union all
              select 9, format('alter table %s rename constraint %I to %I', named, temporary, conname)
              from indexes
              where con is not null
            union all
              select 9, format('alter statistics %I.%I rename to %I', nspname, temporary, stxname)
              from statistics
            union all
              select 9, format('alter sequence %s rename to %I', twin, relname)
              from sequences
              where deptype = 'i'
          )
          select sql from statement order by step, sql
          """;

  /**
   * The names of the loaded table and its indexes, and those for which they stand; longer ones
   * first, because they begin alike.
   */
  public static final String NAMES =
      OLD
          + """
          name (temporary, own) as (
              select temporary, coalesce(conname, relname)::text from indexes
            union all
              select $2, relname::text from old
          )
          select temporary, own from name order by length(temporary) desc, temporary
          """;

  private ShadowTableSql() {}
}
