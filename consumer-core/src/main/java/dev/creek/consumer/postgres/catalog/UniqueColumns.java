package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** The columns besides the key whose values must differ between rows. */
public final class UniqueColumns {
  /** Columns of unique and exclusion constraints and indexes, and of their expressions. */
  private static final String COLUMNS =
      """
      select distinct a.attname
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      left join pg_constraint k
        on k.conindid = x.indexrelid and k.conrelid = x.indrelid and k.contype in ('u', 'x', 'p')
      join pg_attribute a on a.attrelid = x.indrelid and a.attnum > 0 and not a.attisdropped
      where x.indrelid = $1::oid
        and (x.indisunique or x.indisexclusion) and x.indimmediate
        and i.relname <> $2
        and (a.attnum = any ((x.indkey::int2[])[0:x.indnkeyatts - 1])
             or exists (
                 select from pg_depend d
                 where d.refclassid = 'pg_class'::regclass and d.refobjid = x.indrelid
                   and d.refobjsubid = a.attnum
                   and ((d.classid = 'pg_class'::regclass and d.objid = x.indexrelid)
                        or (d.classid = 'pg_constraint'::regclass and d.objid = k.oid))
                   and (x.indexprs is not null or x.indpred is not null)))
      """;

  private UniqueColumns() {}

  /** All written columns, if one of them is not written but computed from others. */
  public static Mono<Set<String>> of(
      Session session, CatalogTable target, RowPlan plan, UniqueKey key) {
    Set<String> written =
        plan.columns().stream().map(PlanColumn::name).collect(Collectors.toUnmodifiableSet());
    return session
        .query(
            COLUMNS,
            statement -> statement.bind(0, target.oid()).bind(1, key.name()),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .collectList()
        .map(found -> written.containsAll(found) ? Set.copyOf(found) : written);
  }
}
