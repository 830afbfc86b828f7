package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.catalog.ShadowTableSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Creates a table that can take an old one's place: first its columns and their storage, and once
 * it is filled its indexes, constraints and statistics. The catalog provides the statements.
 */
final class ShadowTable {
  /**
   * Constraints come later, when they are checked at once and as they are (NOT VALID). Comments of
   * the old table do not apply to the loaded one.
   */
  private static final String CREATE =
      """
      select format('create %stable %I.%I (like %I.%I including all excluding indexes'
                        || ' excluding constraints excluding statistics excluding comments)'
                        || ' using %I%s tablespace %I',
                    case c.relpersistence when 'u' then 'unlogged ' end,
                    n.nspname, $2, n.nspname, c.relname, m.amname,
                    ' with (' || o.options || ')', t.spcname)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_am m on m.oid = c.relam
      join pg_database b on b.datname = current_database()
      join pg_tablespace t on t.oid = coalesce(nullif(c.reltablespace, 0), b.dattablespace)
      left join pg_class toast on toast.oid = c.reltoastrelid
      cross join lateral (
          select string_agg(
                     format('%s%I=%L', prefix, split_part(option, '=', 1),
                            substr(option, strpos(option, '=') + 1)), ', ') as options
          from (
              select '' as prefix, unnest(c.reloptions) as option
            union all
              select 'toast.', unnest(toast.reloptions)
          ) as every
      ) as o
      where c.oid = $1::oid
      """;

  /** Default privileges may show others what the old table does not show them. */
  private static final String REVOKE =
      """
      select format('revoke all on table %I.%I from %s', n.nspname, c.relname,
                    case a.grantee when 0 then 'public'
                        else quote_ident(pg_get_userbyid(a.grantee)) end)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (
          select distinct grantee from aclexplode(c.relacl) where grantee <> c.relowner
      ) as a
      where n.nspname = $1 and c.relname = $2
      """;

  /**
   * The properties on which the copy is based, as one text. If it has changed when the table is
   * locked for the swap, the copy is not one any more.
   */
  private static final String SIGNATURE =
      """
      select md5(string_agg(part, ' ' order by part))
      from (
          select (c.relpersistence, c.reltablespace, c.relam, c.reloptions)::text as part
          from pg_class c
          where c.oid = $1::oid
        union all
          select (a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attidentity,
                  a.attgenerated, a.attstorage, a.attoptions, a.attstattarget, a.attisdropped,
                  pg_get_expr(d.adbin, d.adrelid))::text
          from pg_attribute a
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = $1::oid and a.attnum > 0
        union all
          select (pg_get_indexdef(x.indexrelid), i.reltablespace, i.reloptions, x.indisvalid,
                  x.indexrelid)::text
          from pg_index x join pg_class i on i.oid = x.indexrelid
          where x.indrelid = $1::oid
        union all
          select (k.conname, pg_get_constraintdef(k.oid), k.conindid)::text
          from pg_constraint k
          where k.conrelid = $1::oid
        union all
          select (pg_get_statisticsobjdef(s.oid), s.oid)::text
          from pg_statistic_ext s
          where s.stxrelid = $1::oid
        union all
          select (s.*)::text
          from pg_depend d join pg_sequence s on s.seqrelid = d.objid
          where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
            and d.refobjid = $1::oid and d.deptype = 'i'
      ) as parts
      """;

  private final CatalogTable target;
  private final LoadTable fresh;

  ShadowTable(CatalogTable target, LoadTable fresh) {
    this.target = target;
    this.fresh = fresh;
  }

  /**
   * Creates the bare table, in the session's transaction.
   *
   * @return the signature of the old one
   */
  Mono<String> create(Session session) {
    return signature(session)
        .flatMap(
            signature ->
                statements(session, CREATE)
                    .concatWith(Flux.defer(() -> revocations(session)))
                    .concatMap(session::execute, 0)
                    .then()
                    .thenReturn(signature));
  }

  private Flux<String> revocations(Session session) {
    return session.query(
        REVOKE,
        statement -> statement.bind(0, fresh.namespace()).bind(1, fresh.name()),
        ShadowTable::text);
  }

  /** The old table's current signature. */
  Mono<String> signature(Session session) {
    return session
        .query(SIGNATURE, statement -> statement.bind(0, target.oid()), ShadowTable::text)
        .single();
  }

  /** Completes the filled table, each statement in a separate transaction. */
  Mono<Void> build(Session session) {
    return session
        .query(
            ShadowTableSql.BUILD,
            this::bind,
            row -> new Placed(text(row), row.get(1, String.class)))
        .concatMap(statement -> run(session, statement), 0)
        .then();
  }

  private static Mono<Void> run(Session session, Placed statement) {
    return session
        .beginUnhurried()
        .then(session.execute(statement.setPlace()))
        .then(session.execute(statement.sql()))
        .then(Mono.defer(session::commit));
  }

  /**
   * Puts the copy in the old table's place, in the session's transaction, which has both locked.
   */
  Mono<Void> swap(Session session) {
    return session
        .query(ShadowTableSql.SWAP, this::bind, ShadowTable::text)
        .collectList()
        .flatMap(statements -> session.execute(String.join(";\n", statements)));
  }

  private Flux<String> statements(Session session, String sql) {
    return session.query(sql, this::bind, ShadowTable::text);
  }

  private void bind(Statement statement) {
    statement.bind(0, target.oid()).bind(1, fresh.name());
  }

  private static String text(Readable row) {
    String text = row.get(0, String.class);
    if (text == null) {
      throw new SwapErrors.NoSwap("PostgreSQL defines something of it in an unknown form");
    }
    return text;
  }

  /**
   * @param place the tablespace, or empty for the database's own
   */
  private record Placed(String sql, @Nullable String place) {
    String setPlace() {
      String name = place == null || place.isEmpty() ? "''" : SqlNames.quoted(place);
      return "set local default_tablespace = " + name;
    }
  }
}
