package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.row.TargetType;
import dev.creek.consumer.row.UniqueKey;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Reads target tables from the catalog; needs no privileges on them. */
public final class TargetCatalog {
  /**
   * Our role and the place of each table to which policies apply for us. Parameters: schemas,
   * tables.
   */
  public static final String HIDDEN_FROM =
      """
      select quote_ident(current_user) as role, wanted.place::int as place
      from unnest($1::text[], $2::text[]) with ordinality as wanted (namespace, name, place)
      join pg_namespace n on n.nspname = wanted.namespace
      join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
      where c.relkind in ('r', 'p') and row_security_active(c.oid)
      """;

  private TargetCatalog() {}

  /**
   * Empty if there is no such table.
   *
   * @return errors with {@link ShapeMismatchException} if it is a view or the like
   */
  public static Mono<CatalogTable> find(Session session, TargetTable table) {
    return find(session, List.of(table), TargetCatalog::requireTable)
        .mapNotNull(found -> found.get(table));
  }

  /** Those of several tables that are there, and are no views or the like. */
  public static Mono<Map<TargetTable, CatalogTable>> findAll(
      Session session, List<TargetTable> tables) {
    return find(session, tables, (row, table) -> isTable(row));
  }

  private static Mono<Map<TargetTable, CatalogTable>> find(
      Session session, List<TargetTable> tables, BiPredicate<Readable, TargetTable> accepted) {
    Set<String> lossy = session.lossyColumns();
    return session
        .query(
            CatalogSql.COLUMNS,
            statement -> bind(statement, tables),
            row -> {
              TargetTable table = tables.get(place(row));
              return accepted.test(row, table)
                  ? Optional.of(Map.entry(table, column(row, table, lossy)))
                  : Optional.<Map.Entry<TargetTable, Column>>empty();
            })
        .<Map.Entry<TargetTable, Column>>handle((found, sink) -> found.ifPresent(sink::next))
        .collectMultimap(Map.Entry::getKey, Map.Entry::getValue)
        .filter(columns -> !columns.isEmpty())
        .flatMap(columns -> keys(session, tables).map(keys -> targets(columns, keys)))
        .defaultIfEmpty(Map.of());
  }

  private static Mono<Map<TargetTable, Collection<KeyColumn>>> keys(
      Session session, List<TargetTable> tables) {
    return session
        .query(
            CatalogSql.KEYS,
            statement -> bind(statement, tables),
            row ->
                Map.entry(
                    tables.get(place(row)),
                    new KeyColumn(
                        text(row, "key"),
                        is(row, "is_primary"),
                        is(row, "temporal"),
                        is(row, "immediate"),
                        is(row, "coarse"),
                        text(row, "name"))))
        .collectMultimap(Map.Entry::getKey, Map.Entry::getValue);
  }

  private static void bind(Statement statement, List<TargetTable> tables) {
    statement
        .bind(0, Binding.each(tables, TargetTable::namespace))
        .bind(1, Binding.each(tables, TargetTable::table));
  }

  private static int place(Readable row) {
    return Objects.requireNonNull(row.get("place", Integer.class)) - 1;
  }

  private static Map<TargetTable, CatalogTable> targets(
      Map<TargetTable, Collection<Column>> columns, Map<TargetTable, Collection<KeyColumn>> keys) {
    Map<TargetTable, CatalogTable> targets = new HashMap<>();
    columns.forEach(
        (table, its) ->
            targets.put(
                table,
                target(table, List.copyOf(its), List.copyOf(keys.getOrDefault(table, List.of())))));
    return targets;
  }

  private static List<UniqueKey> uniqueKeys(Stream<KeyColumn> columns) {
    var byKey =
        columns.collect(
            Collectors.groupingBy(KeyColumn::key, LinkedHashMap::new, Collectors.toList()));
    var keys = new ArrayList<UniqueKey>();
    byKey.forEach(
        (name, parts) ->
            keys.add(
                new UniqueKey(
                    name,
                    parts.get(0).primary(),
                    parts.get(0).temporal(),
                    parts.stream().anyMatch(KeyColumn::coarse),
                    parts.stream().map(KeyColumn::column).toList())));
    return keys;
  }

  private static CatalogTable target(
      TargetTable table, List<Column> columns, List<KeyColumn> keyColumns) {
    Map<String, Equality> equalities =
        columns.stream().collect(Collectors.toMap(c -> c.column().name(), Column::equality));
    Column first = columns.get(0);
    return new CatalogTable(
        first.table(),
        first.partitioned(),
        first.cascades(),
        first.cascaded(),
        first.copyable(),
        first.hiddenFrom(),
        new TargetShape(
            table.namespace(),
            table.table(),
            columns.stream().map(Column::column).toList(),
            uniqueKeys(keyColumns.stream().filter(KeyColumn::immediate)),
            uniqueKeys(keyColumns.stream().filter(column -> !column.immediate())),
            first.truncatable()),
        uniqueKeys(keyColumns.stream()),
        equalities);
  }

  /**
   * @param lossy {@code schema.table.column} of columns in which values may change
   */
  private static Column column(Readable row, TargetTable table, Set<String> lossy) {
    return new Column(
        Objects.requireNonNull(row.get("oid", Long.class)),
        text(row, "kind").equals("p"),
        is(row, "cascades"),
        is(row, "cascaded"),
        is(row, "copyable"),
        row.get("hidden_from", String.class),
        new TargetColumn(
            text(row, "name"),
            Objects.requireNonNull(row.get("type_oid", Long.class)).intValue(),
            text(row, "type_sql"),
            is(row, "not_null"),
            is(row, "has_default"),
            is(row, "generated"),
            is(row, "always_identity"),
            type(row),
            lossy.contains(table.namespace() + "." + table.table() + "." + text(row, "name"))),
        Equality.of(
            row.get("namespace", String.class),
            row.get("operator", String.class),
            is(row, "json"),
            is(row, "exact")),
        is(row, "truncatable"));
  }

  private static boolean requireTable(Readable row, TargetTable table) {
    if (!isTable(row)) {
      throw new ShapeMismatchException(
          "target " + table + " is not a table", "name a table, partitioned or not, as the target");
    }
    return true;
  }

  private static boolean isTable(Readable row) {
    String kind = text(row, "kind");
    return kind.equals("r") || kind.equals("p");
  }

  private static TargetType type(Readable row) {
    return new TargetType(
        Objects.requireNonNull(row.get("leaf_oid", Long.class)).intValue(),
        Objects.requireNonNull(row.get("leaf_modifier", Integer.class)),
        is(row, "leaf_in_array"),
        is(row, "leaf_distinct"),
        is(row, "nested_modifiers"),
        text(row, "display"));
  }

  private static String text(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String.class));
  }

  private static boolean is(Readable row, String name) {
    return Boolean.TRUE.equals(row.get(name, Boolean.class));
  }

  private record Column(
      long table,
      boolean partitioned,
      boolean cascades,
      boolean cascaded,
      boolean copyable,
      @Nullable String hiddenFrom,
      TargetColumn column,
      Equality equality,
      boolean truncatable) {}

  private record KeyColumn(
      String key,
      boolean primary,
      boolean temporal,
      boolean immediate,
      boolean coarse,
      String column) {}
}
