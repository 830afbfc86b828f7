package dev.creek.consumer.postgres.catalog;

/** The statements that read the definitions of target tables. Parameters: schemas, tables. */
final class CatalogSql {
  /**
   * One row per live column, with the properties of the table and its place among those that were
   * asked for. The base type of a domain determines comparison; the domain's own NOT NULL and
   * default count too. Types outside pg_catalog are spelled with their schema, with any search
   * path.
   *
   * <p>What depends on a type alone is found once for each type, and what would be looked for in
   * the whole of a catalog table once for all: hundreds of tables cost some ten milliseconds.
   */
  static final String COLUMNS =
      """
      with recursive target as (
          select wanted.place::int as place, c.oid, c.relkind, c.relhasrules
          from unnest($1::text[], $2::text[]) with ordinality as wanted (namespace, name, place)
          join pg_namespace n on n.nspname = wanted.namespace
          join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
      ), referred as (
          select f.confrelid as oid, bool_or(f.conrelid <> f.confrelid) as by_others,
                 bool_or(f.confdeltype <> 'a') as cascades
          from pg_constraint f
          where f.contype = 'f' and f.confrelid in (select oid from target)
          group by f.confrelid
      ), kind as (
          select distinct a.atttypid as typ, a.atttypmod as modifier
          from target
          join pg_attribute a on a.attrelid = target.oid
          where a.attnum > 0 and not a.attisdropped
      ), bare as (
          select kind.typ as of, t.oid as typ, t.typtype, t.typbasetype, t.typelem, t.typcategory,
                 t.typnotnull as not_null, t.typdefault is not null as has_default
          from (select distinct typ from kind) as kind
          join pg_type t on t.oid = kind.typ
        union all
          select bare.of, t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory,
                 bare.not_null or t.typnotnull, bare.has_default or t.typdefault is not null
          from bare
          join pg_type t on t.oid = bare.typbasetype
          where bare.typtype = 'd'
      ), part as (
          select kind.typ as of, kind.modifier as by, kind.typ, kind.modifier, false as in_array, false as nested
          from kind
        union all
          select part.of, part.by, inside.typ, inside.modifier, inside.in_array, inside.nested
          from part
          join pg_type t on t.oid = part.typ
          cross join lateral (
              select t.typbasetype, t.typtypmod, part.in_array, part.nested
              where t.typtype = 'd'
            union all
              select t.typelem, part.modifier, true, part.nested
              where t.typtype = 'b' and exists (
                  select from pg_type item where item.oid = t.typelem and item.typarray = t.oid)
            union all
              select a.atttypid, a.atttypmod, part.in_array, true
              from pg_attribute a
              where t.typtype = 'c' and a.attrelid = t.typrelid
                and a.attnum > 0 and not a.attisdropped
          ) as inside (typ, modifier, in_array, nested)
      ), leaf as materialized (
          select part.of, part.by, part.typ, part.modifier, part.in_array, t.typtype,
                 exists (
                     select from part as inside
                     where inside.of = part.of and inside.by = part.by
                       and inside.nested and inside.modifier >= 0) as nested_modifiers
          from part
          join pg_type t on t.oid = part.typ
          where not part.nested and t.typtype <> 'd'
            and not exists (
                select from pg_type item where item.oid = t.typelem and item.typarray = t.oid)
      ), equal as materialized (
          select bare.of, found.operator, found.namespace
          from bare
          left join pg_type item on item.oid = bare.typelem and bare.typcategory = 'A'
          cross join lateral (
              select o.oprname::text as operator, ns.nspname::text as namespace
              from pg_opclass k
              join pg_amop a
                on a.amopfamily = k.opcfamily
               and a.amoplefttype = k.opcintype
               and a.amoprighttype = k.opcintype
               and a.amopstrategy = case k.opcmethod when 403 then 3 else 1 end
              join pg_operator o on o.oid = a.amopopr
              join pg_namespace ns on ns.oid = o.oprnamespace
              cross join (select coalesce(item.oid, bare.typ) as oid,
                                 coalesce(item.typtype, bare.typtype) as typtype) as v
              where k.opcdefault
                and k.opcmethod in (403, 405)
                and (k.opcintype = v.oid
                     or k.opcintype = case v.typtype
                            when 'e' then 'anyenum'::regtype
                            when 'r' then 'anyrange'::regtype
                        end
                     or exists (
                         select from pg_cast c
                         where c.castsource = v.oid and c.casttarget = k.opcintype
                           and c.castmethod = 'b' and c.castcontext = 'i'))
              order by k.opcintype <> v.oid, k.opcmethod
              limit 1
          ) as found
          where bare.typtype <> 'd'
      ), properties as (
          select target.place,
                 target.oid,
                 target.relkind::text as kind,
                 has_table_privilege(target.oid, 'truncate') and not coalesce(referred.by_others, false)
                     as truncatable,
                 coalesce(referred.cascades, false) as cascades,
                 exists (
                     select from pg_constraint f
                     where f.contype = 'f' and f.conrelid = target.oid and f.confdeltype = 'c')
                     as cascaded,
                 not target.relhasrules
                     and not exists (
                         select from pg_trigger g
                         where g.tgrelid in (
                                 select target.oid union all select relid from pg_partition_tree(target.oid))
                           and g.tgtype & 7 = 7
                           and g.tgenabled::text in (
                               'A', case current_setting('session_replication_role')
                                    when 'replica' then 'R' else 'O' end))
                     as copyable,
                 case when row_security_active(target.oid) then quote_ident(current_user) end
                     as hidden_from
          from target
          left join referred on referred.oid = target.oid
      )
      select properties.place, properties.oid::int8 as oid, properties.kind, properties.truncatable,
             properties.cascades, properties.cascaded, properties.copyable, properties.hidden_from,
             live.attname::text as name,
             live.atttypid::int8 as type_oid,
             case n.nspname
                 when 'pg_catalog' then format_type(live.atttypid, -1)
                 else quote_ident(n.nspname) || '.' || quote_ident(t.typname)
             end as type_sql,
             live.attnotnull or bare.not_null as not_null,
             live.atthasdef or live.attidentity <> '' or bare.has_default as has_default,
             live.attgenerated <> '' as generated,
             live.attidentity = 'a' as always_identity,
             leaf.typ::int8 as leaf_oid,
             leaf.modifier as leaf_modifier,
             leaf.in_array as leaf_in_array,
             leaf.typtype = 'e'
                 or leaf.typ in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype,
                     'int8'::regtype, 'uuid'::regtype, 'date'::regtype, 'time'::regtype,
                     'timestamp'::regtype, 'timestamptz'::regtype)
                 or leaf.typ in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                        'name'::regtype)
                    and coalesce(col.collisdeterministic, true) as leaf_distinct,
             leaf.nested_modifiers,
             format_type(live.atttypid, live.atttypmod)
                 || case when bare.typ <> live.atttypid or leaf.typ <> bare.typ and not leaf.in_array
                        then ' (' || format_type(leaf.typ, leaf.modifier) || ')' else '' end
                 as display,
             equal.namespace,
             equal.operator,
             bare.typ = 'json'::regtype as json,
             bare.typtype = 'e'
                 or bare.typ in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype,
                     'int8'::regtype, 'uuid'::regtype, 'date'::regtype, 'time'::regtype,
                     'timestamp'::regtype, 'timestamptz'::regtype, 'bytea'::regtype)
                 or bare.typ in ('text'::regtype, 'varchar'::regtype)
                    and coalesce(col.collisdeterministic, true) as exact
      from properties
      join pg_attribute live
        on live.attrelid = properties.oid and live.attnum > 0 and not live.attisdropped
      join bare on bare.of = live.atttypid and bare.typtype <> 'd'
      join leaf on leaf.of = live.atttypid and leaf.by = live.atttypmod
      join pg_type t on t.oid = live.atttypid
      join pg_namespace n on n.oid = t.typnamespace
      left join pg_collation col on col.oid = live.attcollation
      left join equal on equal.of = live.atttypid
      order by properties.place, live.attnum
      """;

  /** One row per key column, the primary key first. A temporal key is unique and exclusive. */
  static final String KEYS =
      """
      select wanted.place::int as place, i.relname::text as key, x.indisprimary as is_primary,
             x.indisexclusion as temporal, x.indimmediate as immediate, a.attname::text as name,
             not coalesce(own.collisdeterministic, true)
                 and x.indcollation[k.position::int - 1] <> a.attcollation
                 or not (o.opcdefault or n2.nspname = 'pg_catalog') as coarse
      from unnest($1::text[], $2::text[]) with ordinality as wanted (namespace, name, place)
      join pg_namespace n on n.nspname = wanted.namespace
      join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
      join pg_index x on x.indrelid = c.oid
      join pg_class i on i.oid = x.indexrelid
      cross join unnest(x.indkey::int2[]) with ordinality as k (attnum, position)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      join pg_opclass o on o.oid = x.indclass[k.position::int - 1]
      join pg_namespace n2 on n2.oid = o.opcnamespace
      left join pg_collation own on own.oid = x.indcollation[k.position::int - 1]
      where x.indisunique and x.indisvalid
        and x.indpred is null and x.indexprs is null
        and k.position <= x.indnkeyatts
      order by wanted.place, not x.indisprimary, i.relname, k.position
      """;

  private CatalogSql() {}
}
