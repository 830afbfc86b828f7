package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.apply.KeptOutException;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.catalog.UniqueColumns;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;

/**
 * Makes the target hold the rows of a loaded table, row by row, in a transaction that the caller
 * begins and commits.
 */
final class InPlaceUpdate {
  /**
   * Sessions are set up to find few rows by key; here two tables are compared. And if a policy
   * hides rows, it must be an error, because they would look like missing rows.
   */
  private static final String COMPARE_TABLES =
      """
      set local enable_seqscan = on;
      set local enable_hashjoin = on;
      set local enable_mergejoin = on;
      set local row_security = off
      """;

  /** Row triggers that run before a row is written can suppress it. */
  private static final String DECIDES =
      """
      select ($2 or exists (
                 select from pg_trigger t
                 where (t.tgrelid = $1::oid
                        or t.tgrelid in (select relid from pg_partition_tree($1::oid::regclass)))
                   and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 3 = 3))
      """;

  private static final String KEEPS_ROWS =
      DECIDES + " and (select count(*) from %s) <> (select count(*) from %s)";

  private final Session session;
  private final TargetTable name;
  private final CatalogTable target;
  private final RowPlan plan;
  private final LoadTable fresh;

  InPlaceUpdate(
      Session session, TargetTable name, CatalogTable target, RowPlan plan, LoadTable fresh) {
    this.session = session;
    this.name = name;
    this.target = target;
    this.plan = plan;
    this.fresh = fresh;
  }

  /** Errors if the target did not take all rows, or if the rows cannot be told apart. */
  Mono<RowCounts> run() {
    return session
        .execute(COMPARE_TABLES)
        .then(Mono.defer(this::requireApart))
        .then(Mono.defer(this::leaving))
        .map(leaving -> new InPlaceSql(plan, target, fresh, leaving))
        .flatMap(this::written)
        .delayUntil(counts -> requireAll());
  }

  /**
   * Used if triggers or rules act on the rows: as many must have changed as should, of each kind. A
   * row that stayed and one that did not come would otherwise cancel out.
   */
  private Mono<RowCounts> written(InPlaceSql statement) {
    Mono<RowCounts> writing = counts(statement.sql());
    return isTrue(DECIDES)
        .flatMap(
            decides ->
                decides
                    ? counts(statement.expected())
                        .zipWhen(expected -> writing)
                        .filter(both -> both.getT1().equals(both.getT2()))
                        .map(Tuple2::getT2)
                        .switchIfEmpty(Mono.error(KeptOutException::new))
                    : writing);
  }

  private Mono<RowCounts> counts(String sql) {
    return session.query(sql, statement -> {}, RowCounts::of).single();
  }

  private Mono<Boolean> isTrue(String ofTarget) {
    return session
        .query(
            ofTarget,
            statement -> statement.bind(0, target.oid()).bind(1, !target.copyable()),
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  /**
   * Used if triggers or rules act on the rows: checks that the table has taken all of them, and
   * removed the others. A row that a trigger changes is the user's choice.
   */
  private Mono<Void> requireAll() {
    return isTrue(
            KEEPS_ROWS.formatted(
                (target.partitioned() ? "" : "only ") + target.sqlName(), fresh.sqlName()))
        .filter(keeps -> keeps)
        .flatMap(keeps -> Mono.error(new KeptOutException()));
  }

  /**
   * Used if the key is only assumed: checks that no two rows have the same key. For a swap the
   * key's own index does that.
   */
  private Mono<Void> requireApart() {
    UniqueKey key = plan.key();
    return key == null || !plan.assumesKey()
        ? Mono.empty()
        : session
            .query(
                "select exists (select from %s group by %s having count(*) > 1)"
                    .formatted(
                        fresh.sqlName(),
                        key.columns().stream()
                            .map(SqlNames::quoted)
                            .collect(Collectors.joining(", "))),
                statement -> {},
                row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
            .single()
            .filter(twice -> twice)
            .flatMap(twice -> Mono.error(plan.secondRow("the snapshot of " + name)));
  }

  /**
   * An update in place fails on a unique value that moves from one row to another; a row that
   * leaves and comes again does not, unless foreign keys act on that.
   */
  private Mono<Set<String>> leaving() {
    UniqueKey key = plan.key();
    return key == null || target.cascades()
        ? Mono.just(Set.of())
        : UniqueColumns.of(session, target, plan, key);
  }
}
