package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.apply.InsertSql;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.Misfits;
import dev.creek.consumer.row.Rebuild;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Creates the tables into which clean snapshots are loaded, and removes those that were left
 * behind.
 */
final class LoadTables {
  private static final Logger log = LoggerFactory.getLogger(LoadTables.class);

  /** Used if it cannot be in the target's schema: PostgreSQL drops it when the session ends. */
  private static final String TEMPORARY = "pg_temp";

  private static final String LEFT =
      """
      select n.nspname, c.relname
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't'
        and c.relname ~ '^_creek_snap_[0-9a-f]{16}$'
        and starts_with(obj_description(c.oid, 'pg_class'), $1)
      """;

  private LoadTables() {}

  /**
   * A table ready to be filled.
   *
   * @param plan how rows go into it
   * @param ending how it replaces the target's rows
   */
  record Created(LoadTable table, RowPlan plan, FinishPlan ending) {}

  /**
   * Creates and locks it in the session.
   *
   * @param misfits what is done with columns that do not fit
   * @param rows fields of the rows to load
   * @return errors with {@link ShapeMismatchException} if the target cannot take the rows, and no
   *     table may take its place
   */
  static Mono<Created> create(
      Session session,
      TargetTable name,
      CatalogTable target,
      RecordShape rows,
      LoadTable fresh,
      Misfits misfits) {
    return session
        .lock(fresh.key())
        .then(Mono.fromCallable(() -> RowPlan.of(rows, target.shape(), misfits)))
        .flatMap(plan -> fitting(session, name, target, plan, fresh))
        .onErrorResume(
            ShapeMismatchException.class,
            misfit -> anew(session, name, target, rows, fresh, misfit));
  }

  private static Mono<Created> fitting(
      Session session, TargetTable name, CatalogTable target, RowPlan plan, LoadTable fresh) {
    return obstacles(session, target, plan.names())
        .flatMap(
            obstacles ->
                obstacles.isEmpty()
                    ? twin(session, name, target, fresh, List.of())
                        .map(swap -> new Created(fresh, plan, swap))
                        .onErrorResume(
                            SwapErrors::rulesOutASwap,
                            e ->
                                session
                                    .rollback()
                                    .thenReturn(SwapErrors.reason(e))
                                    .flatMap(
                                        why ->
                                            createPlain(session, name, target, plan, fresh, why)))
                    : createPlain(
                        session, name, target, plan, fresh, String.join("; ", obstacles)));
  }

  /**
   * The wait for snapshots of other sessions, which a swap needs, requires limits outside a
   * transaction.
   */
  private static Mono<List<String>> obstacles(
      Session session, CatalogTable target, Set<String> names) {
    return session.isKept()
        ? SwapObstacles.of(session, target, names)
        : Mono.just(List.of("a pooler in transaction mode is between"));
  }

  /** Like the target, but with columns that hold the source's values. */
  private static Mono<Created> anew(
      Session session,
      TargetTable name,
      CatalogTable target,
      RecordShape rows,
      LoadTable fresh,
      ShapeMismatchException misfit) {
    Set<String> names =
        rows.columns().stream().map(WireField::name).collect(Collectors.toUnmodifiableSet());
    List<String> actions = Rebuild.actions(rows, target.shape());
    return obstacles(session, target, names)
        .filter(obstacles -> !obstacles.isEmpty())
        .flatMap(
            obstacles ->
                Mono.<FinishPlan.Swap>error(
                    () -> FinishPlan.Swap.impossible(misfit, String.join("; ", obstacles))))
        .switchIfEmpty(Mono.defer(() -> twin(session, name, target, fresh, actions)))
        .onErrorResume(
            SwapErrors::rulesOutASwap,
            e ->
                session
                    .rollback()
                    .then(
                        Mono.error(() -> FinishPlan.Swap.impossible(misfit, SwapErrors.reason(e)))))
        .flatMap(
            swap ->
                TargetCatalog.find(session, new TargetTable(fresh.namespace(), fresh.name()))
                    .map(copy -> RowPlan.of(rows, Rebuild.shape(target.shape(), copy.shape())))
                    .map(
                        plan ->
                            new Created(
                                fresh,
                                plan,
                                new FinishPlan.Swap(swap.twin(), swap.signature(), misfit))))
        .doOnNext(
            created ->
                log.atInfo()
                    .addKeyValue("table", name)
                    .log(
                        "{} does not fit the source and is created again: {}",
                        name,
                        String.join(", ", actions)));
  }

  /**
   * @param actions changes of it while it is empty
   */
  private static Mono<FinishPlan.Swap> twin(
      Session session,
      TargetTable name,
      CatalogTable target,
      LoadTable fresh,
      List<String> actions) {
    var twin = new ShadowTable(target, fresh);
    String altering =
        actions.isEmpty()
            ? ""
            : "alter table " + fresh.sqlName() + " " + String.join(", ", actions) + ";";
    return session
        .begin()
        .then(twin.create(session))
        .flatMap(
            signature ->
                session
                    .execute(altering + fresh.comment(name))
                    .then(Mono.defer(session::commit))
                    .thenReturn(new FinishPlan.Swap(twin, signature, null)));
  }

  /** A table whose rows are only stored temporarily: it needs neither WAL nor constraints. */
  private static Mono<Created> createPlain(
      Session session,
      TargetTable name,
      CatalogTable target,
      RowPlan plan,
      LoadTable fresh,
      String reason) {
    return mayCreate(session, name)
        .flatMap(
            may -> {
              LoadTable table = may ? fresh : new LoadTable(TEMPORARY, fresh.name());
              if (!may && !session.isKept()) {
                return Mono.error(needsCreate(name));
              }
              if (!may) {
                session.atEnd("discard temporary");
              }
              String create =
                  "create %s table %s as select %s from %s with no data"
                      .formatted(
                          may ? "unlogged" : "temporary",
                          table.sqlName(),
                          InsertSql.columns(plan.columns()),
                          target.sqlName());
              return session
                  .begin()
                  .then(session.execute(create))
                  .then(session.execute(table.comment(name)))
                  .then(Mono.defer(session::commit))
                  .thenReturn(new Created(table, plan, new FinishPlan.InPlace(reason)));
            });
  }

  private static SnapshotException needsCreate(TargetTable name) {
    String schema = SqlNames.quoted(name.namespace());
    return new SnapshotException(
        "a clean snapshot of "
            + name
            + " needs CREATE on schema "
            + schema
            + ": a pooler in transaction mode keeps no temporary tables",
        "GRANT CREATE ON SCHEMA " + schema + " TO the role; or connect without the pooler");
  }

  private static Mono<Boolean> mayCreate(Session session, TargetTable name) {
    return session
        .query(
            "select has_schema_privilege($1, 'create')",
            statement -> statement.bind(0, name.namespace()),
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  /** Removes tables without a lock; returns their number. */
  static Mono<Long> removeLeftovers(Sessions sessions) {
    return sessions
        .use("search for tables that snapshots left behind", LoadTables::left)
        .flatMapIterable(left -> left)
        .concatMap(fresh -> removeDead(sessions, fresh), 0)
        .count();
  }

  private static Mono<List<LoadTable>> left(Session session) {
    return session
        .query(
            LEFT,
            statement -> statement.bind(0, LoadTable.COMMENT),
            row ->
                new LoadTable(
                    Objects.requireNonNull(row.get(0, String.class)),
                    Objects.requireNonNull(row.get(1, String.class))))
        .collectList();
  }

  /**
   * If one cannot be removed, because another role owns it, this must not prevent a service's
   * start.
   */
  private static Mono<LoadTable> removeDead(Sessions sessions, LoadTable fresh) {
    return sessions
        .transaction(
            "removal of " + fresh.sqlName(),
            SqlHints.NONE,
            session ->
                session
                    .query(
                        "select pg_try_advisory_xact_lock($1)",
                        statement -> statement.bind(0, fresh.key()),
                        row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                    .single()
                    .filter(dead -> dead)
                    .flatMap(dead -> session.execute(fresh.drop()).thenReturn(fresh)))
        .doOnNext(
            removed -> log.info("Removed {}, which a snapshot left behind", removed.sqlName()))
        .onErrorResume(
            e -> {
              log.warn("{} was left behind by a snapshot: {}", fresh.sqlName(), e.getMessage());
              return Mono.empty();
            });
  }
}
