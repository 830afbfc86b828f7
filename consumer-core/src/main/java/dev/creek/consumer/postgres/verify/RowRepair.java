package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.UniqueKey;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes single rows of a target anew from the source, while the table's pipeline goes on.
 *
 * <p>The row of {@code subscriptions} is locked before the source is read, so that no pipeline
 * writes between the reading and the writing. Afterwards the pipeline applies everything after its
 * position, in order, so a row never stays at an older state. (If it were read first and locked
 * then, older data could overwrite a newer change.)
 */
final class RowRepair {
  private static final int KEYS_AT_ONCE = 500;

  private final Sessions source;
  private final Sessions target;
  private final String subscriptions;
  private final String targetName;
  private final ComparedTables tables;
  private final UniqueKey key;
  private final String sourceTable;
  private final String targetTable;
  private final List<TargetColumn> written;

  /**
   * @param subscriptions the table of that name as SQL
   * @param targetName the target's name in it
   * @param sourceTable the source's name as SQL
   */
  RowRepair(
      Sessions source,
      Sessions target,
      String subscriptions,
      String targetName,
      String sourceTable,
      ComparedTables tables) {
    this.source = source;
    this.target = target;
    this.subscriptions = subscriptions;
    this.targetName = targetName;
    this.tables = tables;
    this.key = Objects.requireNonNull(tables.key(), "rows are repaired by their key");
    this.sourceTable = sourceTable;
    this.targetTable = SqlNames.quoted(tables.shape().namespace(), tables.shape().table());
    List<String> compared = tables.columns().stream().map(ComparedColumn::name).toList();
    this.written =
        tables.shape().columns().stream()
            .filter(column -> !column.generated() && compared.contains(column.name()))
            .toList();
  }

  Mono<Void> repair(List<List<String>> keys) {
    return Flux.fromIterable(keys).buffer(KEYS_AT_ONCE).concatMap(this::some, 1).then();
  }

  private Mono<Void> some(List<List<String>> keys) {
    return target.transaction(
        "repair of " + targetName,
        SqlHints.NONE,
        session ->
            lock(session)
                .then(sourceRows(keys))
                .flatMap(
                    rows ->
                        delete(session, key.temporal() ? keys : missing(keys, rows))
                            .then(upsert(session, rows)))
                .then(Mono.empty()));
  }

  private Mono<Void> lock(Session session) {
    return session
        .update(
            "select 1 from " + subscriptions + " where target = $1 for no key update",
            statement -> statement.bind(0, targetName))
        .then();
  }

  /**
   * @param key as compared
   * @param values of the written columns, as text
   */
  private record Row(List<String> key, List<@Nullable String> values) {}

  private Mono<List<Row>> sourceRows(List<List<String>> keys) {
    String sql =
        "select array["
            + tables.columns().stream()
                .filter(c -> key.columns().contains(c.name()))
                .sorted((a, b) -> key.columns().indexOf(a.name()) - key.columns().indexOf(b.name()))
                .map(ComparedColumn::sourceText)
                .collect(Collectors.joining(", "))
            + "] as key, "
            + written.stream()
                .map(column -> "t." + SqlNames.quoted(column.name()) + "::text")
                .collect(Collectors.joining(", "))
            + " from "
            + sourceTable
            + " as t where "
            + tables.source().isOneOf();
    return source.use(
        "rows of " + sourceTable,
        session ->
            session
                .query(
                    sql,
                    statement -> tables.source().bindKeys(statement, keys),
                    found -> {
                      var values = new ArrayList<@Nullable String>();
                      for (int i = 1; i <= written.size(); i++) {
                        values.add(found.get(i, String.class));
                      }
                      return new Row(
                          List.of(Objects.requireNonNull(found.get(0, String[].class))), values);
                    })
                .collectList());
  }

  private static List<List<String>> missing(List<List<String>> keys, List<Row> rows) {
    var there = rows.stream().map(Row::key).collect(Collectors.toSet());
    return keys.stream().filter(key -> !there.contains(key)).toList();
  }

  private Mono<Void> delete(Session session, List<List<String>> keys) {
    return keys.isEmpty()
        ? Mono.empty()
        : session
            .update(
                "delete from " + targetTable + " as t where " + tables.target().isOneOf(),
                statement -> tables.target().bindKeys(statement, keys))
            .then();
  }

  private Mono<Void> upsert(Session session, List<Row> rows) {
    return rows.isEmpty()
        ? Mono.empty()
        : session.update(upsertSql(), statement -> bind(statement, rows)).then();
  }

  private String upsertSql() {
    boolean identity = written.stream().anyMatch(TargetColumn::alwaysIdentity);
    return "insert into "
        + targetTable
        + " ("
        + written.stream().map(c -> SqlNames.quoted(c.name())).collect(Collectors.joining(", "))
        + ")"
        + (identity ? " overriding system value" : "")
        + " select "
        + IntStream.range(0, written.size())
            .mapToObj(i -> "c" + i + "::" + written.get(i).typeSql())
            .collect(Collectors.joining(", "))
        + " from unnest("
        + IntStream.rangeClosed(1, written.size())
            .mapToObj(i -> "$" + i + "::text[]")
            .collect(Collectors.joining(", "))
        + ") as x ("
        + IntStream.range(0, written.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", "))
        + ")"
        + onConflict();
  }

  /** A row with a temporal key has been deleted by now: an upsert by it is not possible. */
  private String onConflict() {
    if (key.temporal()) {
      return "";
    }
    String changes =
        written.stream()
            .filter(c -> !key.columns().contains(c.name()) && !c.alwaysIdentity())
            .map(c -> SqlNames.quoted(c.name()))
            .map(name -> name + " = excluded." + name)
            .collect(Collectors.joining(", "));
    return " on conflict ("
        + key.columns().stream().map(SqlNames::quoted).collect(Collectors.joining(", "))
        + ") do "
        + (changes.isEmpty() ? "nothing" : "update set " + changes);
  }

  private void bind(PostgresqlStatement statement, List<Row> rows) {
    for (int column = 0; column < written.size(); column++) {
      int at = column;
      statement.bind(at, rows.stream().map(row -> row.values().get(at)).toArray(String[]::new));
    }
  }
}
