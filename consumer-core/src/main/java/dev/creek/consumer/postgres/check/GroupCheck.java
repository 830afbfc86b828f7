package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.text.Remedy;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * Foreign keys of the target that lead out of a group of tables: the rows that they need come in
 * other transactions.
 */
final class GroupCheck {
  /** Of partitioned tables only the constraint of the whole. */
  private static final String FOREIGN_KEYS =
      """
      select cn.nspname::text as namespace, c.relname::text as table,
             pn.nspname::text as needed_namespace, p.relname::text as needed_table,
             k.conname::text as constraint
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace cn on cn.oid = c.relnamespace
      join pg_class p on p.oid = k.confrelid
      join pg_namespace pn on pn.oid = p.relnamespace
      where k.contype = 'f' and k.conparentid = 0 and c.oid <> p.oid
        and (cn.nspname::text, c.relname::text) in (select * from unnest($1::text[], $2::text[]))
      order by 1, 2, 5
      """;

  private static final String DROP =
      "drop the constraint on the target if its rows come later, or never: the source checks it";

  private GroupCheck() {}

  /**
   * Warnings about foreign keys.
   *
   * @param groups groups of the tables that are followed, or are to be; empty for one that is
   *     applied alone
   */
  static Flux<Finding> findings(
      Sessions sessions, List<Mapping> mappings, Map<TargetTable, Optional<TableGroup>> groups) {
    List<Mapping> grouped =
        mappings.stream().filter(mapping -> group(groups, mapping.target()) != null).toList();
    if (grouped.isEmpty()) {
      return Flux.empty();
    }
    return sessions
        .use(
            "foreign keys of the target",
            SqlHints.NONE,
            session ->
                session
                    .query(
                        FOREIGN_KEYS,
                        statement ->
                            statement
                                .bind(
                                    0,
                                    grouped.stream()
                                        .map(mapping -> mapping.target().namespace())
                                        .toArray(String[]::new))
                                .bind(
                                    1,
                                    grouped.stream()
                                        .map(mapping -> mapping.target().table())
                                        .toArray(String[]::new)),
                        ForeignKey::of)
                    .collectList())
        .flatMapIterable(keys -> keys)
        .mapNotNull(key -> finding(key, grouped, groups));
  }

  private static @Nullable TableGroup group(
      Map<TargetTable, Optional<TableGroup>> groups, TargetTable table) {
    return groups.getOrDefault(table, Optional.empty()).orElse(null);
  }

  private static @Nullable Finding finding(
      ForeignKey key, List<Mapping> mappings, Map<TargetTable, Optional<TableGroup>> groups) {
    TableGroup own = Objects.requireNonNull(group(groups, key.table()));
    TableGroup other = group(groups, key.needed());
    if (own.equals(other)) {
      return null;
    }
    Mapping about =
        mappings.stream()
            .filter(mapping -> mapping.target().equals(key.table()))
            .findFirst()
            .orElseThrow();
    boolean followed = groups.containsKey(key.needed());
    String where =
        other != null
            ? "which is in the group " + TableGroup.quoted(other.name())
            : followed ? "which is applied alone" : "which is not subscribed";
    boolean sameSource = other == null || other.database().equals(own.database());
    return Finding.warning(
        about.toString(),
        "its foreign key %s leads out of its group %s, to %s, %s: a row that comes before the one that it needs is waited for, and its table is apart meanwhile"
            .formatted(
                TableGroup.quoted(key.constraint()),
                TableGroup.quoted(own.name()),
                key.needed(),
                where),
        followed && sameSource ? move(own, key.needed()) : DROP);
  }

  private static String move(TableGroup group, TargetTable needed) {
    return "put it into the same group: "
        + Remedy.command("set-group " + Remedy.quoted(group.name()), needed);
  }

  /** A foreign key of {@code table} to {@code needed}. */
  private record ForeignKey(TargetTable table, TargetTable needed, String constraint) {
    static ForeignKey of(Readable row) {
      return new ForeignKey(
          new TargetTable(text(row, "namespace"), text(row, "table")),
          new TargetTable(text(row, "needed_namespace"), text(row, "needed_table")),
          text(row, "constraint"));
    }

    private static String text(Readable row, String name) {
      return Objects.requireNonNull(row.get(name, String.class));
    }
  }
}
