package dev.creek.consumer.postgres;

import dev.creek.consumer.testing.PostgresDatabase;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that a table is besides its rows, as pg_dump would tell it, in lines that do not depend on
 * ids.
 */
public final class CatalogPicture {
  /** What PostgreSQL writes NULL for where it is the default, and later versions write out. */
  private static final String QUERY =
      """
      with t as (
          select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.oid = '%s'::regclass
      ), seq as (
          select s.oid, s.relname, s.relowner, s.relacl, d.deptype, a.attname
          from t
          join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
          join pg_class s on s.oid = d.objid and d.classid = 'pg_class'::regclass and s.relkind = 'S'
          join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
      ), lines as (
          select format('table %%s.%%s kind %%s %%s owner %%s options %%s toast %%s space %%s method %%s'
                     || ' identity %%s rls %%s %%s comment %%s',
                     t.nspname, t.relname, t.relkind, t.relpersistence, t.relowner::regrole,
                     t.reloptions, (select reloptions from pg_class where oid = t.reltoastrelid),
                     t.reltablespace, t.relam, t.relreplident, t.relrowsecurity,
                     t.relforcerowsecurity, obj_description(t.oid, 'pg_class')) as line
          from t
        union all
          select format('table grant %%s', a)
          from t, unnest(coalesce(t.relacl, acldefault('r', t.relowner))) a
        union all
          select format('column %%s %%s %%s collate %%s null %%s identity %%s generated %%s default %%s'
                     || ' storage %%s%%s statistics %%s options %%s acl %%s comment %%s',
                     row_number() over (order by a.attnum), a.attname,
                     format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation,
                     not a.attnotnull, a.attidentity, a.attgenerated,
                     pg_get_expr(d.adbin, d.adrelid), a.attstorage, a.attcompression,
                     coalesce(a.attstattarget, -1), a.attoptions,
                     (select array_agg(x order by x::text) from unnest(a.attacl) x),
                     col_description(a.attrelid, a.attnum))
          from t
          join lateral (
              select attrelid, attnum, attname, atttypid, atttypmod, attcollation, attnotnull,
                     attidentity, attgenerated, attstorage, attstattarget, attoptions, attacl,
                     %s as attcompression
              from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped
          ) a on true
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        union all
          select format('index %%s options %%s space %%s clustered %%s identity %%s primary %%s valid %%s'
                     || ' statistics %%s comment %%s',
                     pg_get_indexdef(i.oid), i.reloptions, i.reltablespace, x.indisclustered,
                     x.indisreplident, x.indisprimary, x.indisvalid,
                     (select array_agg(coalesce(attstattarget, -1) order by attnum)
                      from pg_attribute where attrelid = i.oid),
                     obj_description(i.oid, 'pg_class'))
          from t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
        union all
          select format('constraint %%s %%s index %%s valid %%s comment %%s', k.conname,
                     pg_get_constraintdef(k.oid), k.conindid::regclass, k.convalidated,
                     obj_description(k.oid, 'pg_constraint'))
          from t join pg_constraint k on k.conrelid = t.oid or k.confrelid = t.oid
        union all
          select format('sequence %%s of %%s %%s owner %%s last %%s %%s comment %%s', seq.relname,
                     seq.attname, seq.deptype, seq.relowner::regrole,
                     pg_sequence_last_value(seq.oid),
                     (s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle),
                     obj_description(seq.oid, 'pg_class'))
          from seq join pg_sequence s on s.seqrelid = seq.oid
        union all
          select format('sequence grant %%s %%s', seq.relname, a)
          from seq, unnest(coalesce(seq.relacl, acldefault('s', seq.relowner))) a
        union all
          select format('statistics %%s owner %%s target %%s comment %%s', pg_get_statisticsobjdef(s.oid),
                     s.stxowner::regrole, coalesce(s.stxstattarget, -1),
                     obj_description(s.oid, 'pg_statistic_ext'))
          from t join pg_statistic_ext s on s.stxrelid = t.oid
        union all
          select 'trigger ' || pg_get_triggerdef(g.oid) || g.tgenabled::text
          from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
        union all
          select format('policy %%s', p)
          from t join pg_policies p on p.schemaname = t.nspname and p.tablename = t.relname
        union all
          select 'rule ' || pg_get_ruledef(r.oid) from t join pg_rewrite r on r.ev_class = t.oid
        union all
          select 'publication ' || p.pubname
          from t
          join pg_publication_tables p on p.schemaname = t.nspname and p.tablename = t.relname
        union all
          select 'partition ' || i.inhrelid::regclass from t join pg_inherits i on i.inhparent = t.oid
      )
      select line from lines order by line""";

  private CatalogPicture() {}

  /** The lines, in order. */
  public static List<String> of(PostgresDatabase database, String table) {
    boolean compresses =
        "1"
            .equals(
                database.value(
                    "select count(*) from pg_attribute where attrelid = 'pg_attribute'::regclass"
                        + " and attname = 'attcompression'"));
    return database.query(QUERY.formatted(table, compresses ? "attcompression" : "''")).stream()
        .flatMap(line -> Stream.of(line.get(0)))
        .toList();
  }
}
