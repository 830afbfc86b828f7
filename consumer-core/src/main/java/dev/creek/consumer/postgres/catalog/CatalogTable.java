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
 * A target table, from its catalog.
 *
 * @param oid its id
 * @param partitioned whether rows are in its partitions
 * @param cascades whether a deleted row, even if it comes again at once, takes rows of other tables
 *     along: a foreign key with ON DELETE CASCADE, SET NULL, … or RESTRICT refers to it
 * @param cascaded whether rows are deleted with those of another table: it has a foreign key with
 *     ON DELETE CASCADE
 * @param copyable whether COPY does what INSERT does: COPY ignores rules, and does not report rows
 *     that a trigger suppressed
 * @param hiddenFrom our role, quoted, if row level security applies to it; otherwise null
 * @param shape its properties for the row package's plans
 * @param uniques all unique keys, including deferrable ones
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
   * Returns this table, or throws if policies could hide rows from us: then an update or a delete
   * of hidden rows would do nothing.
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
   * The error for policies that may hide rows.
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
   * The statements that exempt a role from policies.
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
   * Tells whether an upsert sets a column. If a key column is not written, the row's lock stays
   * weak, but 1.0 would stay when the source has 1.00. PostgreSQL does not allow to update an
   * identity column that is always generated.
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
