package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.row.UniqueKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Source and target table in a form for comparison: by the columns that both have, row by row if a
 * key of the target tells them apart.
 *
 * @param source the source's side
 * @param target the target's side
 * @param columns the compared columns
 * @param key tells rows apart; null if only the numbers of equal rows can be compared
 * @param shape the target table
 * @param notCompared columns that only one side has
 */
record ComparedTables(
    ComparedSide source,
    ComparedSide target,
    List<ComparedColumn> columns,
    @Nullable UniqueKey key,
    TargetShape shape,
    List<String> notCompared) {

  /**
   * The pair of a mapping, from both catalogs.
   *
   * @param from the table in the source's database
   */
  static Mono<ComparedTables> of(
      Mapping mapping, TargetTable from, Sessions source, Sessions target) {
    return Mono.zip(
        shape(source, from, "source", mapping),
        shape(target, mapping.target(), "target", mapping),
        (s, t) -> of(s, t, source, target));
  }

  private static Mono<TargetShape> shape(
      Sessions sessions, TargetTable table, String side, Mapping mapping) {
    return sessions
        .use("catalog of " + table, session -> TargetCatalog.find(session, table))
        .switchIfEmpty(
            Mono.error(
                () ->
                    new ShapeMismatchException(
                        side + " table " + table + " does not exist",
                        "check the mapping " + mapping + " and the database that was named")))
        .map(CatalogTable::shape);
  }

  private static ComparedTables of(
      TargetShape source, TargetShape target, Sessions sourceSessions, Sessions targetSessions) {
    Map<String, TargetColumn> there = byName(target);
    var columns = new ArrayList<ComparedColumn>();
    var notCompared = new ArrayList<String>();
    for (TargetColumn column : source.columns()) {
      TargetColumn other = there.remove(column.name());
      if (other == null) {
        notCompared.add(column.name() + " (only on the source)");
      } else {
        columns.add(new ComparedColumn(column.name(), column.typeSql(), other.typeSql()));
      }
    }
    there.keySet().forEach(name -> notCompared.add(name + " (only on the target)"));
    if (columns.isEmpty()) {
      throw new ShapeMismatchException(
          "the tables have no column in common", "check which tables the mapping names");
    }
    UniqueKey key = key(source, target, columns);
    List<ComparedColumn> keyColumns = key == null ? List.of() : keyColumns(key, columns);
    return new ComparedTables(
        ComparedSide.ofSource(sourceSessions, sqlName(source), columns, keyColumns),
        ComparedSide.ofTarget(targetSessions, sqlName(target), columns, keyColumns),
        List.copyOf(columns),
        key,
        target,
        List.copyOf(notCompared));
  }

  private static Map<String, TargetColumn> byName(TargetShape shape) {
    return shape.columns().stream()
        .collect(
            Collectors.toMap(
                TargetColumn::name, Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }

  /**
   * The first key, the primary one before others, whose columns both sides have, never NULL, and by
   * which no two rows of the source are equal.
   */
  private static @Nullable UniqueKey key(
      TargetShape source, TargetShape target, List<ComparedColumn> columns) {
    Set<String> compared =
        columns.stream().map(ComparedColumn::name).collect(Collectors.toUnmodifiableSet());
    Set<String> notNull = notNull(target);
    return target.uniqueKeys().stream()
        .filter(key -> compared.containsAll(key.columns()) && notNull.containsAll(key.columns()))
        .filter(key -> tellsApart(source, key))
        .findFirst()
        .orElse(null);
  }

  private static boolean tellsApart(TargetShape source, UniqueKey key) {
    Set<String> notNull = notNull(source);
    return Stream.concat(source.uniqueKeys().stream(), source.deferrableKeys().stream())
        .map(UniqueKey::columns)
        .anyMatch(unique -> key.columns().containsAll(unique) && notNull.containsAll(unique));
  }

  private static Set<String> notNull(TargetShape shape) {
    return shape.columns().stream()
        .filter(TargetColumn::notNull)
        .map(TargetColumn::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static List<ComparedColumn> keyColumns(UniqueKey key, List<ComparedColumn> columns) {
    return key.columns().stream()
        .map(name -> columns.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow())
        .toList();
  }

  private static String sqlName(TargetShape shape) {
    return SqlNames.quoted(shape.namespace(), shape.table());
  }
}
