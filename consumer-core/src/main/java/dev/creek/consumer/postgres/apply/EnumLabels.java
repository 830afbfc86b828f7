package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.TargetColumn;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The labels of a batch that an enum column does not have. The wire carries an enum as text, and
 * shows no labels but those of values.
 */
final class EnumLabels {
  private static final String MISSING =
      """
      select distinct i.label
      from unnest($1) as v (c), %s as i (label)
      where i.label is not null
        and i.label <> all (
            select e.enumlabel::text from pg_enum e where e.enumtypid = $2::text::regtype)
      """;

  private final Session session;
  private final WriteAttempt attempt;
  private final TargetColumn column;
  private final String type;

  /**
   * @param type the column's enum, or that of its items, as SQL
   */
  EnumLabels(Session session, WriteAttempt attempt, TargetColumn column, String type) {
    this.session = session;
    this.attempt = attempt;
    this.column = column;
    this.type = type;
  }

  /** The statements that add them; empty if the enum lacks none. */
  Mono<RefusedValue> missing() {
    return labels()
        .collectList()
        .filter(labels -> !labels.isEmpty())
        .map(labels -> added(new LinkedHashSet<>(labels)));
  }

  private Flux<String> labels() {
    return Flux.defer(() -> Flux.fromIterable(attempt.rows().get())).concatMap(this::labels, 0);
  }

  private Flux<String> labels(RowColumns rows) {
    List<PlanColumn> columns = attempt.columns();
    for (int i = 0; i < columns.size(); i++) {
      PlanColumn sent = columns.get(i);
      if (sent.name().equals(column.name())) {
        var values = new BinaryArray(sent.sentAs(), rows.columns().get(i));
        String items = column.type().array() ? "unnest(c::text[])" : "lateral (select c::text)";
        return session.query(
            MISSING.formatted(items),
            statement -> statement.bind(0, values).bind(1, type),
            row -> String.valueOf(row.get(0, String.class)));
      }
    }
    return Flux.empty();
  }

  private RefusedValue added(Set<String> labels) {
    String add = "ALTER TYPE %s ADD VALUE IF NOT EXISTS %s;";
    return new RefusedValue(
        new SchemaDifference(
            Kind.ENUM_LABEL,
            column.name(),
            "column %s is of the enum %s, which lacks a label"
                .formatted(SqlNames.quoted(column.name()), type),
            List.of(add.formatted(type, "'...'")),
            Work.CATALOG,
            true),
        labels.stream().map(label -> add.formatted(type, SqlNames.literal(label))).toList());
  }
}
