package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/** Rows of a target by its key. */
final class RowsThere {
  private final TablePlan plan;

  /**
   * @param plan one with a key
   */
  RowsThere(TablePlan plan) {
    this.plan = plan;
  }

  /** Tells whether one of these keys has a row. */
  Mono<Boolean> any(Session session, RowColumns keys) {
    return keys.rows() == 0
        ? Mono.just(false)
        : session
            .query(
                found(),
                statement -> plan.bindKeys(statement, 0, keys),
                row -> Objects.requireNonNull(row.get(0, Boolean.class)))
            .single();
  }

  private String found() {
    List<PlanColumn> columns = plan.changes().keyColumns();
    var keys = new UnnestSql("k", columns, 1);
    return "select exists (select from "
        + plan.target().sqlName()
        + " as t, "
        + keys.from()
        + " where "
        + IntStream.range(0, columns.size())
            .mapToObj(
                i ->
                    plan.target()
                        .equality(columns.get(i).name())
                        .sql("t." + SqlNames.quoted(columns.get(i).name()), keys.value(i)))
            .collect(Collectors.joining(" and "))
        + ")";
  }
}
