package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Claim;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Checks whether a claimed table is still the same as at the last check, with its rows. If it was
 * dropped, replaced or emptied from outside, or columns were added to existing rows, it is marked.
 * Rows that were deleted one by one from outside cannot be detected.
 */
public final class KnownTarget {
  /** Checks of rows that others have locked do not wait: the next check is soon. */
  private static final String WITHOUT_WAITING = " skip locked";

  private final KnownTargetSql sql;
  private final PositionSql position;
  private final TargetTable target;

  KnownTarget(KnownTargetSql sql, PositionSql position) {
    this.sql = sql;
    this.position = position;
    this.target = position.target();
  }

  /** Claims whose targets must be examined. */
  public static Flux<Claim> changed(KnownTargetSql sql, Session session, List<Claim> claims) {
    var byTarget =
        claims.stream()
            .collect(Collectors.toMap(claim -> claim.mapping().target().toString(), c -> c));
    String[] targets = byTarget.keySet().toArray(String[]::new);
    return session
        .query(
            sql.changed(),
            statement ->
                statement
                    .bind(0, targets)
                    .bind(1, names(targets, byTarget::get, TargetTable::namespace))
                    .bind(2, names(targets, byTarget::get, TargetTable::table)),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .mapNotNull(byTarget::get);
  }

  private static String[] names(
      String[] targets,
      Function<String, @Nullable Claim> claims,
      Function<TargetTable, String> name) {
    return Arrays.stream(targets)
        .map(claim -> name.apply(Objects.requireNonNull(claims.apply(claim)).mapping().target()))
        .toArray(String[]::new);
  }

  /** Tells whether the table must be examined before changes with these columns are written. */
  public Mono<Boolean> isChanged(Session session, Set<String> columns) {
    return session
        .query(
            sql.isChanged(),
            statement -> bind(statement).bind(3, columns.toArray(String[]::new)),
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  /** A claimed table, before changes with these columns are written. */
  public record Sight(Claim claim, Set<String> columns) {
    private TargetTable table() {
      return claim.mapping().target();
    }
  }

  /**
   * Of many tables those that need not be examined. Those that are not known yet are stored as they
   * are.
   */
  public static Mono<Set<Sight>> settled(KnownTargetSql sql, Session session, List<Sight> sights) {
    List<Long> places = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < sights.size(); i++) {
      for (String column : sights.get(i).columns()) {
        places.add(i + 1L);
        columns.add(column);
      }
    }
    return session
        .query(
            sql.settled(),
            statement ->
                statement
                    .bind(0, Binding.each(sights, sight -> sight.table().toString()))
                    .bind(1, Binding.each(sights, sight -> sight.table().namespace()))
                    .bind(2, Binding.each(sights, sight -> sight.table().table()))
                    .bind(3, sights.stream().map(it -> it.claim().epoch()).toArray(Long[]::new))
                    .bind(4, places.toArray(Long[]::new))
                    .bind(5, columns.toArray(String[]::new)),
            row -> sights.get(Objects.requireNonNull(row.get("place", Integer.class)) - 1))
        .collect(Collectors.toSet());
  }

  /** The columns with which the target is known to be filled, and that are not among these. */
  public Flux<String> lacking(Session session, Set<String> columns) {
    return session.query(
        sql.lacking(),
        statement -> bind(statement).bind(3, columns.toArray(String[]::new)),
        row -> Objects.requireNonNull(row.get("name", String.class)));
  }

  /**
   * Examines the table unless the claim is over or its row is locked, and marks it; in the
   * session's transaction.
   */
  public Mono<Void> lookWithoutWaiting(Session session) {
    return session
        .query(position.lock() + WITHOUT_WAITING, position::bindClaim, row -> true)
        .next()
        .flatMap(locked -> look(session, null));
  }

  /**
   * Examines the table and marks it; in a transaction that holds the fence.
   *
   * @param columns columns of the next changes; null if not known
   */
  public Mono<Void> look(Session session, @Nullable Set<String> columns) {
    return session
        .query(
            sql.compared(),
            statement ->
                Binding.texts(
                    bind(statement), 3, columns == null ? null : columns.toArray(String[]::new)),
            TargetComparison::of)
        .single()
        .flatMap(seen -> compared(session, seen, columns != null));
  }

  /** A snapshot writes rows into the known table from now on. */
  public Mono<Void> fills(Session session) {
    return session.update(sql.fills(), statement -> statement.bind(0, target.toString())).then();
  }

  /** Stores the present table as known: a snapshot has filled it, with these columns. */
  public Mono<Void> store(Session session, Set<String> columns) {
    return session
        .update(sql.store(), statement -> bind(statement).bind(3, columns.toArray(String[]::new)))
        .then();
  }

  /**
   * Columns of one table.
   *
   * @param table its oid
   * @param entries number and name of each: a column that is added again has another number
   */
  public record Columns(long table, List<String> entries) {
    public Columns {
      entries = List.copyOf(entries);
    }
  }

  /** These columns as they are now; empty if there is no such table. */
  public Mono<Columns> present(Session session, Collection<String> columns) {
    return session
        .query(
            sql.numbers(),
            statement ->
                statement
                    .bind(0, target.namespace())
                    .bind(1, target.table())
                    .bind(2, columns.toArray(String[]::new)),
            row ->
                new Columns(
                    Objects.requireNonNull(row.get("oid", Long.class)),
                    List.of(Objects.requireNonNull(row.get("columns", String[].class)))))
        .next();
  }

  /**
   * Stores that these columns hold the source's values now, if the table is still the known one.
   */
  public Mono<Void> filled(Session session, Columns columns) {
    return session
        .update(
            sql.addFilled(),
            statement ->
                statement
                    .bind(0, target.toString())
                    .bind(1, columns.table())
                    .bind(2, columns.entries().toArray(String[]::new)))
        .then();
  }

  /**
   * To be run after our own TRUNCATE, in its transaction: rows that were missing or too many are
   * gone on both sides.
   *
   * @param table its oid
   * @param again whether earlier rows come again: then marks stay
   */
  public String emptied(long table, boolean again) {
    String emptied = sql.emptied(target.toString(), table);
    return again ? emptied : emptied + "; " + position.marks().delete();
  }

  private <T extends Statement> T bind(T statement) {
    statement.bind(0, target.toString()).bind(1, target.namespace()).bind(2, target.table());
    return statement;
  }

  private Mono<Void> compared(Session session, TargetComparison seen, boolean planned) {
    if (seen.oid() == null) {
      return seen.knownOid() == null
          ? Mono.empty()
          : session.execute(
              position
                  .marks()
                  .insertAll(
                      List.of(
                          recreated(
                              "another program has dropped the table, and its rows with it"))));
    }
    List<String> columns = planned ? seen.columns() : seen.follow();
    if (seen.knownOid() == null) {
      return storeCompared(session, seen, columns);
    }
    if (!seen.knownOid().equals(seen.oid())) {
      return mark(
              session,
              List.of(
                  recreated(
                      "another program has replaced the table that was filled: the rows of the new one are not "
                          + "known")))
          .then(storeCompared(session, seen, columns));
    }
    return marks(session, seen, columns)
        .flatMap(marks -> mark(session, marks))
        .then(storeCompared(session, seen, columns));
  }

  private Mono<List<Incompleteness>> marks(
      Session session, TargetComparison seen, List<String> columns) {
    var marks = new ArrayList<Incompleteness>();
    if (seen.crashed()) {
      marks.add(
          recreated("the table is unlogged and empty: a crash of the server has taken its rows"));
    }
    if (seen.lostPartitions()) {
      marks.add(recreated("another program has dropped or detached a partition"));
    }
    List<String> fresh = seen.fresh(columns);
    Mono<Boolean> emptied =
        seen.wasFilled()
            ? Flux.fromStream(seen.rewritten())
                .concatMap(table -> wasEmptied(session, table), 1)
                .any(yes -> yes)
            : Mono.just(false);
    Mono<Boolean> filled = fresh.isEmpty() ? Mono.just(false) : hasRows(session);
    return Mono.zip(emptied, Mono.defer(() -> filled))
        .map(
            both -> {
              if (both.getT1()) {
                marks.add(recreated("another program has emptied the table"));
              }
              if (both.getT2()) {
                fresh.stream().map(KnownTarget::added).forEach(marks::add);
              }
              return marks;
            });
  }

  /** Partitions whose rows we may not read are assumed not to be empty. */
  private Mono<Boolean> wasEmptied(Session session, long table) {
    return session
        .query(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c"
                + " join pg_namespace n on n.oid = c.relnamespace"
                + " where c.oid = $1::oid and has_table_privilege(c.oid, 'select')",
            statement -> statement.bind(0, table),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .next()
        .flatMap(
            name ->
                session
                    .query(
                        sql.rows(target.toString(), table, name),
                        statement -> {},
                        row -> !Boolean.TRUE.equals(row.get("kept", Boolean.class)))
                    .single())
        .defaultIfEmpty(true);
  }

  private Mono<Boolean> hasRows(Session session) {
    return session
        .query(
            "select exists (select from "
                + SqlNames.quoted(target.namespace(), target.table())
                + ")",
            statement -> {},
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  private static Incompleteness recreated(String reason) {
    return new Incompleteness(Cause.RECREATED, reason);
  }

  private static Incompleteness added(String column) {
    return new Incompleteness(
        Cause.COLUMN,
        column,
        "column \"%s\" was added to existing rows: it is not known whether the source has values in it other than NULL, or the default here"
            .formatted(column));
  }

  /** Sets the marks with the present time, in the place of earlier ones of the same kind. */
  private Mono<Void> mark(Session session, List<Incompleteness> marks) {
    return marks.isEmpty() ? Mono.empty() : session.execute(position.marks().replaceAll(marks));
  }

  /**
   * Stores the compared state, not the present one, which may have changed since the comparison.
   */
  private Mono<Void> storeCompared(Session session, TargetComparison seen, List<String> columns) {
    return session
        .update(
            sql.storeCompared(),
            statement ->
                statement
                    .bind(0, target.toString())
                    .bind(1, Objects.requireNonNull(seen.oid()))
                    .bind(2, seen.files().toArray(String[]::new))
                    .bind(3, columns.toArray(String[]::new))
                    .bind(4, !seen.crashed()))
        .then();
  }
}
