package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowImage;
import dev.creek.consumer.row.RowImages;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Counts rows of a target by their values, inside a transaction, which is left as it was. The
 * target is read once for each set of columns that are NULL.
 */
final class EqualRows {
  /** Enough to see whether a table has rows that are equal, in about a second. */
  private static final int LOOKED_AT = 1_000_000;

  private static final String BEGIN =
      """
      savepoint creek_count;
      set local enable_seqscan = on;
      set local enable_hashjoin = on
      """;

  private static final String END =
      "rollback to savepoint creek_count; release savepoint creek_count";

  private final CatalogTable target;
  private final RowImages images;

  EqualRows(CatalogTable target, RowImages images) {
    this.target = target;
    this.images = images;
  }

  /** Number of rows equal to each. */
  Mono<Map<RowImage, Long>> count(Session session, Collection<RowImage> rows) {
    Map<List<Boolean>, List<RowImage>> alike = new LinkedHashMap<>();
    for (RowImage row : rows) {
      alike.computeIfAbsent(images.nulls(row), nulls -> new ArrayList<>()).add(row);
    }
    Map<RowImage, Long> counts = new HashMap<>();
    rows.forEach(row -> counts.put(row, 0L));
    return inside(
        session,
        Flux.fromIterable(alike.entrySet())
            .concatMap(entry -> count(session, entry.getKey(), entry.getValue(), counts), 1)
            .then(Mono.just(counts)));
  }

  /** Number of examined rows; empty if two of them are equal. */
  Mono<Long> distinct(Session session) {
    String row =
        images.columns().stream()
            .map(column -> "t." + SqlNames.quoted(column.name()))
            .collect(Collectors.joining(", ", "row(", ")::text"));
    String sql =
        "select count(*), count(distinct r) from (select %s as r from %s as t limit %d) as looked"
            .formatted(row, target.sqlName(), LOOKED_AT);
    return inside(
        session,
        session
            .query(
                sql,
                statement -> {},
                found ->
                    Map.entry(
                        Objects.requireNonNull(found.get(0, Long.class)),
                        Objects.requireNonNull(found.get(1, Long.class))))
            .filter(counts -> counts.getKey().equals(counts.getValue()))
            .map(Map.Entry::getKey)
            .next());
  }

  private static <T> Mono<T> inside(Session session, Mono<T> work) {
    return session
        .unhurried()
        .then(session.execute(BEGIN))
        .then(work.delayUntil(result -> session.execute(END)))
        .switchIfEmpty(Mono.defer(() -> session.execute(END).then(Mono.empty())));
  }

  private Mono<Void> count(
      Session session, List<Boolean> nulls, List<RowImage> rows, Map<RowImage, Long> counts) {
    List<PlanColumn> known = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    for (int i = 0; i < nulls.size(); i++) {
      PlanColumn column = images.columns().get(i);
      if (nulls.get(i)) {
        conditions.add("t." + SqlNames.quoted(column.name()) + " is null");
      } else {
        known.add(column);
      }
    }
    var values = new UnnestSql("v", known, 1);
    for (int i = 0; i < known.size(); i++) {
      String name = known.get(i).name();
      conditions.add(target.equality(name).sql("t." + SqlNames.quoted(name), values.value(i)));
    }
    String from = known.isEmpty() ? "(values (1)) as v (n)" : values.numbered();
    String sql =
        "select v.n::int8, count(*) from %s join %s as t on %s group by v.n"
            .formatted(from, target.sqlName(), String.join(" and ", conditions));
    RowColumns columns = images.rows(rows);
    return session
        .query(
            sql,
            statement -> bind(statement, nulls, columns),
            row ->
                Map.entry(
                    Objects.requireNonNull(row.get(0, Long.class)),
                    Objects.requireNonNull(row.get(1, Long.class))))
        .doOnNext(found -> counts.put(rows.get((int) (found.getKey() - 1)), found.getValue()))
        .then();
  }

  private void bind(Statement statement, List<Boolean> nulls, RowColumns columns) {
    int index = 0;
    for (int i = 0; i < nulls.size(); i++) {
      if (!nulls.get(i)) {
        statement.bind(
            index++, new BinaryArray(images.columns().get(i).sentAs(), columns.columns().get(i)));
      }
    }
  }
}
