package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.TargetColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * Finds the reasons why a table cannot be replaced by another one without harm. What a swap carries
 * over is listed here, and whatever else depends on the table is an obstacle: so nothing of a later
 * PostgreSQL is lost.
 */
final class SwapObstacles {
  /** One row per obstacle, in words. */
  private static final String OBSTACLES =
      """
      with old as (
          select c.*, n.nspname
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          where c.oid = $1::oid
      ), goes as (
          select 'pg_class'::regclass as classid, old.oid as objid from old
        union all
          select 'pg_class'::regclass, x.indexrelid
          from pg_index x join old on x.indrelid = old.oid
        union all
          select 'pg_class'::regclass, s.oid
          from pg_depend d
          join old on d.refclassid = 'pg_class'::regclass and d.refobjid = old.oid
          join pg_class s on d.classid = 'pg_class'::regclass and d.objid = s.oid
          where s.relkind = 'S' and d.deptype = 'i'
        union all
          select 'pg_constraint'::regclass, k.oid
          from pg_constraint k join old on k.conrelid = old.oid
          where k.contype in ('p', 'u', 'x', 'c', 'n')
        union all
          select 'pg_statistic_ext'::regclass, s.oid
          from pg_statistic_ext s join old on s.stxrelid = old.oid
      ), goes_too as (
          select * from goes
        union all
          select 'pg_type'::regclass, t.oid
          from pg_type t
          join goes on goes.classid = 'pg_class'::regclass and t.typrelid = goes.objid
        union all
          select 'pg_type'::regclass, t.typarray
          from pg_type t
          join goes on goes.classid = 'pg_class'::regclass and t.typrelid = goes.objid
          where t.typarray <> 0
      ), carried as (
          select * from goes_too
        union all
          select 'pg_attrdef'::regclass, a.oid from pg_attrdef a join old on a.adrelid = old.oid
        union all
          select 'pg_class'::regclass, old.reltoastrelid from old
        union all
          select 'pg_class'::regclass, s.oid
          from pg_depend d
          join old on d.refclassid = 'pg_class'::regclass and d.refobjid = old.oid
          join pg_class s on d.classid = 'pg_class'::regclass and d.objid = s.oid
          where s.relkind = 'S' and d.deptype = 'a'
        union all
          select 'pg_trigger'::regclass, t.oid
          from pg_trigger t join old on t.tgrelid = old.oid
          where t.tgisinternal
      ), granted as (
          select a.grantor
          from old, aclexplode(old.relacl) a
        union all
          select a.grantor
          from old join pg_attribute c on c.attrelid = old.oid, aclexplode(c.attacl) a
      )
      select pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it'
      from goes_too g
      join pg_depend d on d.refclassid = g.classid and d.refobjid = g.objid
      where (d.classid, d.objid) not in (select c.classid, c.objid from carried c)
      union
      select 'it is partitioned' from old where relkind = 'p'
      union
      select 'it inherits from ' || i.inhparent::regclass
      from pg_inherits i join old on i.inhrelid = old.oid
      union
      select 'it is a table of type ' || reloftype::regtype from old where reloftype <> 0
      union
      select pg_describe_object(d.refclassid, d.refobjid, 0) || ' contains it'
      from pg_depend d join old on d.objid = old.oid
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass
      union
      select 'it has a security label'
      from pg_seclabel l join old on l.objoid = old.oid
      where l.classoid = 'pg_class'::regclass
      union
      select 'publication ' || quote_ident(p.pubname) || ' publishes it'
      from pg_publication_tables p
      join old on p.schemaname = old.nspname and p.tablename = old.relname
      union
      select 'a subscription of PostgreSQL writes it'
      from pg_subscription_rel s join old on s.srrelid = old.oid
      union
      select 'privileges on it were granted by another role than its owner'
      from old join granted on granted.grantor <> old.relowner
      union
      select 'statistics object ' || quote_ident(s.stxname) || ' is in another schema'
      from pg_statistic_ext s join old on s.stxrelid = old.oid
      where s.stxnamespace <> old.relnamespace
      union
      select 'constraint ' || quote_ident(k.conname) || ' is not valid'
      from pg_constraint k join old on k.conrelid = old.oid
      where k.contype = 'n' and not k.convalidated
      union
      select 'role ' || quote_ident(current_user) || ' does not own it'
      from old
      where not pg_has_role(old.relowner, 'usage')
      union
      select 'role ' || quote_ident(current_user) || ' cannot give it to '
                 || pg_get_userbyid(old.relowner)
      from old
      where old.relowner <> (select oid from pg_roles where rolname = current_user)
        and not (
            case when current_setting('server_version_num')::int < 160000
                then pg_has_role(old.relowner, 'member')
                else pg_has_role(old.relowner, 'set')
            end
            and (has_schema_privilege(old.relowner, old.relnamespace, 'create')
                 or (select rolsuper from pg_roles where rolname = current_user)))
      union
      select 'role ' || quote_ident(current_user) || ' may not create tables in schema '
                 || quote_ident(old.nspname)
      from old
      where not has_schema_privilege(old.relnamespace, 'create')
      union
      select 'role ' || quote_ident(current_user) || ' may not use tablespace '
                 || quote_ident(t.spcname)
      from pg_class c
      join pg_tablespace t on t.oid = c.reltablespace
      join old
        on c.oid = old.oid
        or c.oid in (select x.indexrelid from pg_index x where x.indrelid = old.oid)
      where not has_tablespace_privilege(t.oid, 'create')
      order by 1
      """;

  private SwapObstacles() {}

  /**
   * The obstacles; empty if the table can be swapped.
   *
   * @param written names of the source's columns
   */
  static Mono<List<String>> of(Session session, CatalogTable target, Set<String> written) {
    return session
        .query(
            OBSTACLES,
            statement -> statement.bind(0, target.oid()),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .collectList()
        .map(
            found -> {
              var all = new ArrayList<>(found);
              all.addAll(ownColumns(target, written));
              return all;
            });
  }

  /** In a new table, columns that the source lacks would have their defaults. */
  private static List<String> ownColumns(CatalogTable target, Set<String> written) {
    return target.shape().columns().stream()
        .filter(column -> !column.generated() && !written.contains(column.name()))
        .map(TargetColumn::name)
        .map(name -> "the source lacks its column " + SqlNames.quoted(name))
        .toList();
  }
}
