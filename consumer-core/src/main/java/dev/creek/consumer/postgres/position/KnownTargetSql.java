package dev.creek.consumer.postgres.position;

import dev.creek.consumer.postgres.session.SqlNames;

/**
 * Statements about {@code known_targets}: the table that a name meant when it was last written. A
 * table is identified by its oid, and by the files of its rows, which TRUNCATE changes and so do
 * VACUUM FULL, CLUSTER and an ALTER TABLE that rewrites it; columns are identified by their
 * numbers, which are never used again.
 *
 * <p>The catalog is read as ordinary tables, by the statement's own snapshot, and not through
 * functions that read the newest state. So a swap and its stored state are seen together.
 */
public final class KnownTargetSql {
  /**
   * Of {@code c}: oid, file and persistence of the table, or of each of its partitions. A change of
   * persistence makes a new file with all its rows.
   */
  private static final String FILES =
      """
      case when c.oid is null then null when c.relkind = 'p' then coalesce((
          with recursive tree as (
              select c.oid
            union all
              select i.inhrelid from pg_inherits i join tree on i.inhparent = tree.oid)
          select array_agg(l.oid || ':' || l.relfilenode || l.relpersistence::text order by l.oid)
          from tree join pg_class l on l.oid = tree.oid
          where l.relkind <> 'p'), '{}')
      else array[c.oid || ':' || c.relfilenode || c.relpersistence::text] end""";

  /** Of {@code c}; partitions are assumed to be filled. */
  private static final String FILLED = "(c.relkind = 'p' or pg_relation_size(c.oid) > 0)";

  /** Of {@code k} and {@code c}: a crash of the server empties an unlogged table, and no more. */
  private static final String CRASHED =
      "(c.relpersistence = 'u' and k.filled and not " + FILLED + ")";

  private static final String CLASS = "pg_class c join pg_namespace n on n.oid = c.relnamespace";

  private final String known;
  private final String subscriptions;

  public KnownTargetSql(String controlSchema) {
    this.known = SqlNames.quoted(controlSchema, "known_targets");
    this.subscriptions = SqlNames.quoted(controlSchema, "subscriptions");
  }

  /** Of {@code c}, those that are named: number and name of each. */
  private static String columns(String names) {
    return """
        coalesce((
            select array_agg(a.attnum || ':' || a.attname order by a.attnum)
            from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              and a.attname::text = any (%s)), '{}')"""
        .formatted(names);
  }

  /**
   * Of many targets those that differ from the known state, or are not known. Parameters: targets
   * as stored, their schemas, their tables.
   */
  String changed() {
    return """
        select g.target
        from unnest($1::text[], $2::text[], $3::text[]) as g (target, namespace, name)
        left join %1$s k on k.target = g.target
        left join (%2$s) on n.nspname = g.namespace and c.relname = g.name and c.relkind in ('r', 'p')
        where case
                  when k.target is null then c.oid is not null
                  when c.oid is null then true
                  else k.files is distinct from (%3$s)
                      or not k.filled and %4$s
                      or %5$s
                      or exists (
                          select from unnest(k.columns) as e (entry)
                          join pg_attribute a on a.attrelid = c.oid
                              and a.attnum = split_part(e.entry, ':', 1)::int2
                          where a.attisdropped)
              end
        """
        .formatted(known, CLASS, FILES, FILLED, CRASHED);
  }

  /** The same for one target whose changes have columns: true or false. */
  String isChanged() {
    return """
        select not exists (
            select from %1$s k, %2$s
            where k.target = $1 and n.nspname = $2 and c.relname = $3
              and k.files = (%3$s) and k.columns = %4$s and not %5$s) as changed
        """
        .formatted(known, CLASS, FILES, columns("$4::text[]"), CRASHED);
  }

  /**
   * The same for many claimed tables: the places of those that need not be examined. A table that
   * is not known yet is stored as it is, since there is nothing with which it could be compared.
   * Parameters: targets as stored, their schemas, their tables, epochs; and for each column of the
   * changes the place of its table, from 1 on, and its name.
   */
  String settled() {
    return """
        with named as (
            select w.place, array_agg(w.name) as names
            from unnest($5::int8[], $6::text[]) as w (place, name)
            group by w.place
        ), seen as materialized (
            select g.place, g.target, g.epoch, k.target is null as fresh, c.oid::int8 as oid,
                   (%3$s) as files, %4$s as filled, %5$s as columns,
                   k.files as known_files, k.columns as known_columns, %6$s as crashed
            from unnest($1::text[], $2::text[], $3::text[], $4::int8[])
                with ordinality as g (target, namespace, name, epoch, place)
            join named on named.place = g.place
            join pg_namespace n on n.nspname = g.namespace
            join pg_class c
                on c.relnamespace = n.oid and c.relname = g.name and c.relkind in ('r', 'p')
            left join %1$s k on k.target = g.target
        ), stored as (
            insert into %1$s (target, oid, files, filled, columns)
            select seen.target, seen.oid, seen.files, seen.filled, seen.columns
            from seen
            join %2$s s on s.target = seen.target and s.epoch = seen.epoch
            where seen.fresh
            on conflict (target) do nothing
            returning target
        )
        select place::int as place from seen
        where not fresh and files = known_files and columns = known_columns and not crashed
        union all
        select seen.place::int from seen join stored using (target)
        """
        .formatted(known, subscriptions, FILES, FILLED, columns("named.names"), CRASHED);
  }

  /**
   * Names of columns that are known to be filled and that changes do not have. Parameters as those
   * of {@link #isChanged}.
   */
  String lacking() {
    return """
        select a.attname::text as name
        from %1$s k
        join (%2$s) on n.nspname = $2 and c.relname = $3 and c.oid::int8 = k.oid
        cross join unnest(k.columns) as e (entry)
        join pg_attribute a on a.attrelid = c.oid
            and a.attnum = split_part(e.entry, ':', 1)::int2
        where k.target = $1 and not a.attisdropped and a.attname::text <> all ($4::text[])
        order by a.attnum
        """
        .formatted(known, CLASS);
  }

  /**
   * The known state of a target beside the present one. Parameters as those of {@link #isChanged};
   * if no columns are named, they are the known ones, by name.
   */
  String compared() {
    return """
        select k.oid as known_oid, k.files as known_files, k.columns as known_columns,
               k.filled or coalesce(s.rows_applied, 0) > 0 as was_filled,
               c.oid::int8 as oid, (%3$s) as files, %4$s as columns, %6$s as crashed,
               array(
                   select e.entry
                   from unnest(k.columns) as e (entry)
                   join pg_attribute a on a.attrelid = c.oid
                       and a.attnum = split_part(e.entry, ':', 1)::int2
                   where a.attisdropped) as dropped
        from (values ($1::text)) as g (target)
        left join %1$s k on k.target = g.target
        left join %5$s s on s.target = g.target
        left join (%2$s) on n.nspname = $2 and c.relname = $3 and c.relkind in ('r', 'p')
        """
        .formatted(
            known,
            CLASS,
            FILES,
            columns(
                "coalesce($4::text[], (select array_agg(substr(e.entry, strpos(e.entry, ':') + 1))"
                    + " from unnest(k.columns) as e (entry)))"),
            subscriptions,
            CRASHED);
  }

  /**
   * Tells whether the rows of a table are older than its file, and so were copied with it, as
   * VACUUM FULL and ALTER TABLE do: rows that came after a TRUNCATE are younger. It examines a few
   * of the first rows, which are the oldest.
   *
   * <p>If the file is younger than the known state, the frozen transaction ids show its age,
   * because a TRUNCATE and a rewriting ALTER TABLE set them anew; the catalog's row of the table
   * may be younger still, by any other ALTER TABLE. VACUUM FULL leaves the frozen ids as they were,
   * and changes that row.
   *
   * @param target as stored
   * @param table its oid
   * @param name its name as SQL
   */
  String rows(String target, long table, String name) {
    return """
        select count(*) as seen,
               coalesce(bool_or(
                   case when age(c.relfrozenxid) < age(k.xmin)
                       then age(r.xmin) > age(c.relfrozenxid) or altered.it
                       else age(r.xmin) > age(c.xmin) or r.xmin = c.xmin and altered.it end),
                   false) as kept
        from pg_class c
        join %s k on k.target = %s
        cross join (select t.xmin from only %s as t limit 100) as r
        cross join lateral (
            select exists (
                select from pg_attribute a where a.attrelid = c.oid and a.xmin = r.xmin) as it
            ) as altered
        where c.oid = %d
        """
        .formatted(known, SqlNames.literal(target), name, table);
  }

  /**
   * Stores that the table has rows from now on: whoever empties it takes them. An unlogged one that
   * is still empty would look as after a crash. Parameter: target.
   */
  String fills() {
    return """
        update %s k set filled = true
        from pg_class c
        where k.target = $1 and c.oid::int8 = k.oid and c.relpersistence <> 'u'
        """
        .formatted(known);
  }

  /** Stores the present state, with the columns named by the fourth parameter. */
  String store() {
    return """
        insert into %1$s (target, oid, files, filled, columns)
        select $1, c.oid::int8, (%3$s), %4$s, %5$s
        from %2$s
        where n.nspname = $2 and c.relname = $3
        on conflict (target) do update
            set oid = excluded.oid, files = excluded.files, columns = excluded.columns,
                filled = excluded.filled
        """
        .formatted(known, CLASS, FILES, FILLED, columns("$4::text[]"));
  }

  /**
   * Oid of a table, and number and name of the columns named by the third parameter. Parameters:
   * schema, table, columns.
   */
  String numbers() {
    return "select c.oid::int8 as oid, %s as columns from %s where n.nspname = $1 and c.relname = $2"
        .formatted(columns("$3::text[]"), CLASS);
  }

  /**
   * Adds columns that have been filled, if the table is still the known one. Without known columns
   * nothing shows which others are filled. Parameters: target, oid, number and name of each.
   */
  String addFilled() {
    return """
        update %s k
        set columns = array(
            select e.entry
            from (select entry from unnest(k.columns) as o (entry)
                  where split_part(o.entry, ':', 1) not in (
                      select split_part(n.entry, ':', 1) from unnest($3::text[]) as n (entry))
                  union all
                  select entry from unnest($3::text[]) as n (entry)) as e
            order by split_part(e.entry, ':', 1)::int2)
        where k.target = $1 and k.oid = $2 and cardinality(k.columns) > 0
        """
        .formatted(known);
  }

  /**
   * Stores the compared state, so that the next check finds later changes from outside. Parameters:
   * target, oid, files, the columns, number and name of each, and whether its rows are there as far
   * as is known: then it was filled if it ever was, as long as the files are the same.
   */
  String storeCompared() {
    return """
        insert into %1$s as k (target, oid, files, filled, columns)
        select $1, $2::int8, $3::text[],
               coalesce((select %2$s from pg_class c where c.oid = $2::int8::oid), false), $4::text[]
        on conflict (target) do update
            set oid = excluded.oid, files = excluded.files, columns = excluded.columns,
                filled = k.filled and k.files = excluded.files and $5 or excluded.filled
        """
        .formatted(known, FILLED);
  }

  /**
   * Stores that this service emptied the table. Without parameters, for one that is known.
   *
   * @param target as stored
   * @param table its oid
   */
  String emptied(String target, long table) {
    return "update %s k set files = (%s), filled = false from pg_class c where k.target = %s and c.oid = %d"
        .formatted(known, FILES, SqlNames.literal(target), table);
  }
}
