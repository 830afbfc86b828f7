package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.RefusalSql;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.TargetColumn;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds the column whose type refuses a value of a batch: PostgreSQL's data exceptions name none.
 * Each column's values are cast once more, alone and without being written, until one fails as the
 * batch did. Run behind a failure only, for a session without a transaction.
 */
final class ColumnProbe {
  private static final String STRING_TOO_LONG = "22001";

  private final Session session;
  private final WriteAttempt attempt;
  private final String sqlState;

  ColumnProbe(Session session, WriteAttempt attempt, String sqlState) {
    this.session = session;
    this.attempt = attempt;
    this.sqlState = sqlState;
  }

  /** The column; empty where none of them refuses its values. */
  Mono<TargetColumn> find() {
    return Flux.defer(() -> Flux.fromIterable(attempt.rows().get()))
        .concatMap(
            rows -> Flux.range(0, attempt.columns().size()).concatMap(i -> at(rows, i), 0), 0)
        .next();
  }

  private Mono<TargetColumn> at(RowColumns rows, int index) {
    PlanColumn sent = attempt.columns().get(index);
    TargetColumn column = column(sent.name());
    boolean tooLong = sqlState.equals(STRING_TOO_LONG);
    if (column == null || (tooLong && column.type().modifier() < 0)) {
      return Mono.empty();
    }
    var values = new BinaryArray(sent.sentAs(), rows.columns().get(index));
    return type(column)
        .flatMap(
            type ->
                session
                    .query(
                        refused(column, type),
                        statement -> statement.bind(0, values),
                        row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                    .single()
                    .onErrorResume(
                        e -> SqlErrors.sqlState(e) != null,
                        e -> Mono.just(sqlState.equals(SqlErrors.sqlState(e)))))
        .filter(refused -> refused)
        .map(refused -> column);
  }

  /** An explicit cast cuts what an assignment refuses, so lengths are looked at. */
  private String refused(TargetColumn column, String type) {
    if (!sqlState.equals(STRING_TOO_LONG)) {
      return "select count(c::%s) < 0 from unnest($1) as v (c)".formatted(type);
    }
    String items = column.type().array() ? "unnest(c::text[])" : "lateral (select c::text)";
    return "select exists (select from unnest($1) as v (c), %s as i (t) where char_length(rtrim(t)) > %d)"
        .formatted(items, length(column));
  }

  /** Of varchar and char, whose modifier counts four more. */
  private static int length(TargetColumn column) {
    return column.type().modifier() - 4;
  }

  private Mono<String> type(TargetColumn column) {
    return session
        .query(
            RefusalSql.TYPE,
            statement -> statement.bind(0, attempt.target().oid()).bind(1, column.name()),
            row -> String.valueOf(row.get("type", String.class)))
        .next();
  }

  private @Nullable TargetColumn column(String name) {
    return attempt.target().shape().columns().stream()
        .filter(column -> column.name().equals(name))
        .findFirst()
        .orElse(null);
  }
}
