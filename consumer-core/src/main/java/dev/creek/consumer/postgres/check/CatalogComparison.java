package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.RefusalSql;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.UniqueKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Compares a source table's catalog with its target's, changes nothing, and reports what the target
 * would refuse, with the statement that fixes each difference. The wire shows neither lengths nor
 * labels nor NOT NULL; a catalog does, also for a table without changes.
 */
final class CatalogComparison {
  /** The columns of the replica identity; none where it is FULL or NOTHING. Parameter: its id. */
  private static final String IDENTITY =
      """
      select array(
          select a.attname::text
          from pg_index x
          cross join unnest(x.indkey::int2[]) with ordinality as k (attnum, n)
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
          where x.indrelid = c.oid and k.n <= x.indnkeyatts
            and (c.relreplident = 'd' and x.indisprimary
                 or c.relreplident = 'i' and x.indisreplident)
          order by k.n)
      from pg_class c
      where c.oid = $1::oid
      """;

  /** Names of a schema's types. Parameters: schema, names. */
  private static final String TYPES =
      """
      select t.typname::text
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where n.nspname = $1 and t.typname = any($2)
      """;

  private final Session source;
  private final Session target;
  private final Mapping mapping;

  private CatalogComparison(Session source, Session target, Mapping mapping) {
    this.source = source;
    this.target = target;
    this.mapping = mapping;
  }

  /**
   * A table from one of the two catalogs.
   *
   * @param identity columns by which the source publishes updates; none for a target
   */
  record Side(CatalogTable table, Map<String, ColumnFacts> facts, List<String> identity) {
    ColumnFacts facts(String column) {
      return Objects.requireNonNull(facts.get(column), column);
    }

    Stream<UniqueKey> keys() {
      return table.uniques().stream();
    }
  }

  /** Nothing if either table is missing, or is no table: other checks report that. */
  static Flux<Finding> findings(Sessions source, Sessions target, Mapping mapping) {
    return source
        .use(
            "source's catalog",
            from ->
                target.use(
                    "catalog",
                    into -> new CatalogComparison(from, into, mapping).findings().collectList()))
        .flatMapIterable(findings -> findings);
  }

  private Flux<Finding> findings() {
    var named = new TargetTable(mapping.source().namespace(), mapping.source().table());
    return side(source, named)
        .zipWhen(from -> side(target, mapping.target()))
        .flatMapMany(
            both ->
                types(both.getT1())
                    .zipWith(foreign(both.getT1(), both.getT2()))
                    .flatMapIterable(
                        known ->
                            compared(both.getT1(), both.getT2(), known.getT1(), known.getT2())));
  }

  private List<Finding> compared(
      Side from, Side into, Set<String> types, List<Finding> foreignKeys) {
    var findings = new ArrayList<>(new ColumnComparison(mapping, from, into, types).findings());
    findings.addAll(foreignKeys);
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(mapping.toString(), "its columns and keys fit those in the source's catalog"));
    }
    return findings;
  }

  private static Mono<Side> side(Session session, TargetTable name) {
    return TargetCatalog.find(session, name)
        .onErrorComplete(ShapeMismatchException.class)
        .flatMap(
            table ->
                ColumnFacts.of(session, table)
                    .zipWith(identity(session, table))
                    .map(both -> new Side(table, both.getT1(), both.getT2())));
  }

  private static Mono<List<String>> identity(Session session, CatalogTable table) {
    return session
        .query(
            IDENTITY,
            statement -> statement.bind(0, table.oid()),
            row -> List.of(Objects.requireNonNull(row.get(0, String[].class))))
        .single();
  }

  /** The source's enums that exist in the target's schema, by name. */
  private Mono<Set<String>> types(Side from) {
    String[] names =
        from.facts().values().stream()
            .map(ColumnFacts::enumName)
            .filter(Objects::nonNull)
            .toArray(String[]::new);
    return target
        .query(
            TYPES,
            statement -> statement.bind(0, mapping.target().namespace()).bind(1, names),
            row -> Objects.requireNonNull(row.get(0, String.class)))
        .collectList()
        .map(Set::copyOf);
  }

  /**
   * Unique keys that rows may violate although they are distinct on the source, with the statement
   * that drops each.
   */
  private Mono<List<Finding>> foreign(Side from, Side into) {
    return Flux.fromStream(into.keys().filter(key -> isForeign(key, from, into)))
        .concatMap(
            key ->
                dropped(into, key)
                    .map(
                        fix ->
                            Finding.warning(
                                mapping.toString(),
                                "unique key %s on (%s) does not exist on the source: two rows with the same values stop the table"
                                    .formatted(
                                        SqlNames.quoted(key.name()),
                                        ColumnComparison.quoted(key.columns())),
                                fix)),
            1)
        .collectList();
  }

  /** A key that contains one of the source's keys is no coarser than that. */
  private static boolean isForeign(UniqueKey key, Side from, Side into) {
    boolean goes = key.primary() && ColumnComparison.lacksIdentity(from, into);
    return !goes && from.keys().noneMatch(own -> key.columns().containsAll(own.columns()));
  }

  private Mono<String> dropped(Side into, UniqueKey key) {
    return target
        .query(
            RefusalSql.CONSTRAINT,
            statement ->
                statement
                    .bind(0, into.table().shape().namespace())
                    .bind(1, into.table().shape().table())
                    .bind(2, key.name()),
            row -> Objects.requireNonNull(row.get("fix", String.class)))
        .next();
  }
}
