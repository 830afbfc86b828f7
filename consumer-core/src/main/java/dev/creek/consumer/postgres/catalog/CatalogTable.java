package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A target table as its catalog tells it.
 *
 * @param oid its id
 * @param partitioned whether rows are in its partitions
 * @param cascades whether a row that is deleted, though it comes again at once, takes rows of
 *     others along: a foreign key with ON DELETE CASCADE, SET NULL, … or RESTRICT refers to it
 * @param cascaded whether rows go when those of another table do: it has a foreign key with ON
 *     DELETE CASCADE
 * @param copyable whether COPY does what INSERT does: it knows no rules, and does not tell of rows
 *     that a trigger suppressed
 * @param hiddenFrom our role, quoted, where row level security applies to it; else null
 * @param shape what the row package plans with
 * @param uniques all unique keys, deferrable ones too
 * @param equalities by column
 */
public record CatalogTable(
    long oid,
    boolean partitioned,
    boolean cascades,
    boolean cascaded,
    boolean copyable,
    @Nullable String hiddenFrom,
    TargetShape shape,
    List<UniqueKey> uniques,
    Map<String, Equality> equalities) {
  public CatalogTable {
    uniques = List.copyOf(uniques);
    equalities = Map.copyOf(equalities);
  }

  public String sqlName() {
    return SqlNames.quoted(shape.namespace(), shape.table());
  }

  /**
   * Returns this table, or throws where policies could hide rows from us: what hides them also lets
   * an update or a delete of them do nothing.
   *
   * @throws DatabaseException with the statements that help
   */
  public CatalogTable requireVisible() {
    if (hiddenFrom != null) {
      throw hiding(sqlName(), hiddenFrom);
    }
    return this;
  }

  /**
   * That policies may hide rows.
   *
   * @param role ours, as SQL
   */
  public static DatabaseException hiding(TargetTable table, String role) {
    return hiding(SqlNames.quoted(table.namespace(), table.table()), role);
  }

  private static DatabaseException hiding(String table, String role) {
    return new DatabaseException(
        "row level security of " + table + " may hide rows from the role " + role,
        "42501",
        null,
        visible(table, role),
        null);
  }

  /**
   * How policies are made not to apply to a role.
   *
   * @param table as SQL
   * @param role as SQL
   */
  public static String visible(String table, String role) {
    return ("ALTER ROLE %1$s BYPASSRLS; or, for this table only: ALTER TABLE %2$s OWNER TO %1$s;"
            + " ALTER TABLE %2$s NO FORCE ROW LEVEL SECURITY;")
        .formatted(role, table);
  }

  public Equality equality(String column) {
    return Objects.requireNonNull(equalities.get(column), column);
  }

  /**
   * Whether an upsert sets a column. A key column that is not written keeps the row's lock weak,
   * but 1.0 would stay where the source has 1.00. PostgreSQL lets nobody update an identity column
   * that is always generated.
   */
  public boolean isUpdated(UniqueKey key, String column) {
    return !isAlwaysIdentity(column)
        && !(key.columns().contains(column) && equality(column).exact());
  }

  public boolean isAlwaysIdentity(String column) {
    return shape.columns().stream()
        .filter(c -> c.name().equals(column))
        .anyMatch(TargetColumn::alwaysIdentity);
  }
}
