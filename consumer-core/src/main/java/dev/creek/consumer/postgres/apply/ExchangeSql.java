package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.UniqueIndex;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PgType;
import dev.creek.consumer.row.PlanColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The statement that finds rows of a batch that share a value of a unique index: one writes a value
 * that the other has in the table, or both write it. A row that a partial index leaves out counts
 * as well, and NULL does not.
 *
 * <p>Parameters: {@link #written}. Returns pairs of numbers of keys.
 */
final class ExchangeSql {
  private static final PlanColumn NUMBER = new PlanColumn("number", PgType.INT4, null);

  /** No column of a table has names like this one. */
  private static final String NUMBERED = "\"creek number\"";

  private final TablePlan plan;
  private final List<UniqueIndex> indexes;
  private final List<PlanColumn> keys;
  private final List<PlanColumn> values;

  ExchangeSql(TablePlan plan, List<UniqueIndex> indexes) {
    this.plan = plan;
    this.indexes = List.copyOf(indexes);
    this.keys = plan.changes().keyColumns();
    this.values = plan.changes().columns(columns());
  }

  /** The columns on which the indexes depend. */
  Set<String> columns() {
    return indexes.stream()
        .flatMap(index -> index.columns().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What it needs of a written row: the number of its key, the key, and {@link #columns}. */
  List<PlanColumn> written() {
    return Stream.of(Stream.of(NUMBER), keys.stream(), values.stream())
        .flatMap(Function.identity())
        .toList();
  }

  String sql() {
    List<String> parts = new ArrayList<>();
    parts.add("written as materialized (" + terms() + ")");
    List<String> pairs = new ArrayList<>();
    for (int index = 0; index < indexes.size(); index++) {
      String holding = "holding" + index;
      parts.add(holding + " as materialized (" + holding(index) + ")");
      pairs.add(pairs(holding, isKey(key -> holding + "." + key(key))));
      String shared = "shared" + index;
      parts.add(shared + " as materialized (" + shared(index) + ")");
      pairs.add(pairs(shared, isValue(index, term -> shared + "." + term)));
    }
    return "with " + String.join(", ", parts) + " " + String.join(" union all ", pairs);
  }

  private static String pairs(String part, String condition) {
    return "select %1$s.%2$s as one, w.%2$s as other from %1$s, written as w where %3$s"
        .formatted(part, NUMBERED, condition);
  }

  /**
   * The written rows, with all that the indexes compare. An index names columns of the table
   * without the table, so no other column may have such a name.
   */
  private String terms() {
    var rows = new UnnestSql("x", written(), 1);
    List<String> named = new ArrayList<>(List.of(rows.value(0) + " as " + NUMBERED));
    List<String> terms = new ArrayList<>(List.of(NUMBERED));
    for (int key = 0; key < keys.size(); key++) {
      named.add(rows.value(1 + key) + " as " + key(key));
      terms.add(key(key));
    }
    for (int value = 0; value < values.size(); value++) {
      named.add(
          rows.value(1 + keys.size() + value) + " as " + SqlNames.quoted(values.get(value).name()));
    }
    for (int index = 0; index < indexes.size(); index++) {
      for (int term = 0; term < size(index); term++) {
        terms.add(expression(index, term) + " as " + term(index, term));
      }
    }
    return "select %s from (select %s from %s) as named"
        .formatted(String.join(", ", terms), String.join(", ", named), rows.few());
  }

  /** Keys of the table's rows that have a value which another row gets. */
  private String holding(int index) {
    String its =
        IntStream.range(0, keys.size())
            .mapToObj(key -> ", t." + SqlNames.quoted(keys.get(key).name()) + " as " + key(key))
            .collect(Collectors.joining());
    return "select w.%s%s from written as w, %s as t where %s and not (%s)"
        .formatted(
            NUMBERED,
            its,
            plan.target().sqlName(),
            all(
                size(index),
                term -> expression(index, term) + same(index, term) + "w." + term(index, term)),
            isKey(key -> "t." + SqlNames.quoted(keys.get(key).name())));
  }

  /** Values that rows of several keys get, with the number of one of them. */
  private String shared(int index) {
    List<String> terms =
        IntStream.range(0, size(index)).mapToObj(term -> term(index, term)).toList();
    return "select min(%3$s) as %3$s, %1$s from written where %2$s group by %1$s having count(*) > 1"
        .formatted(
            String.join(", ", terms),
            all(terms.size(), term -> terms.get(term) + " is not null"),
            NUMBERED);
  }

  private String isKey(IntFunction<String> other) {
    return all(
        keys.size(),
        key -> plan.target().equality(keys.get(key).name()).sql("w." + key(key), other.apply(key)));
  }

  private String isValue(int index, Function<String, String> other) {
    return all(
        size(index),
        term -> "w." + term(index, term) + same(index, term) + other.apply(term(index, term)));
  }

  private static String all(int count, IntFunction<String> condition) {
    return IntStream.range(0, count).mapToObj(condition).collect(Collectors.joining(" and "));
  }

  private int size(int index) {
    return indexes.get(index).terms().size();
  }

  private String expression(int index, int term) {
    return indexes.get(index).terms().get(term).expression();
  }

  private String same(int index, int term) {
    return " " + indexes.get(index).terms().get(term).equality() + " ";
  }

  private static String key(int column) {
    return "\"creek key " + column + "\"";
  }

  private static String term(int index, int term) {
    return "\"creek term " + index + "." + term + "\"";
  }
}
