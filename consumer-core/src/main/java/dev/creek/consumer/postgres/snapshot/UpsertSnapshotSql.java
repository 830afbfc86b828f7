package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.apply.FoldedSql;
import dev.creek.consumer.postgres.apply.IdentitySql;
import dev.creek.consumer.postgres.apply.InsertSql;
import dev.creek.consumer.postgres.apply.UnnestSql;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.BinaryArray;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The statements that upsert a chunk of a snapshot's rows, each only while the claim holds. Each
 * returns the id of its transaction, by which later ones recognise its rows.
 */
final class UpsertSnapshotSql {
  private static final int CLAIM_PARAMETERS = 2;

  private final PositionSql position;
  private final CatalogTable target;
  private final RowPlan plan;
  private final UniqueKey key;
  private final InsertSql upsert;

  /** Whether a row with another value in a column that only an insert can set is replaced. */
  private final boolean reidentifies;

  UpsertSnapshotSql(
      PositionSql position, CatalogTable target, RowPlan plan, UniqueKey key, Extent extent) {
    this.position = position;
    this.target = target;
    this.plan = plan;
    this.key = key;
    this.upsert = extent.upsert(plan, target, key);
    this.reidentifies = extent.reidentifies();
  }

  /**
   * 1, or an error if the table did not take all rows: a trigger suppressed some.
   *
   * @param rows their number
   */
  private static String taken(String rows) {
    return FoldedSql.verdict("(select count(*) from u) = " + rows);
  }

  /** Returns its transaction while the claim holds; fails if a row exists already. */
  String insert() {
    String rows = InsertSql.plain(plan, target.sqlName()).sql("fence, ", 1 + CLAIM_PARAMETERS);
    return "with fence as (%s), u as (%s returning 1) select txid_current(), 0::int8 * %s from fence"
        .formatted(position.lock(), rows, taken("cardinality($" + (1 + CLAIM_PARAMETERS) + ")"));
  }

  /** Returns its transaction while the claim holds. */
  String upsert() {
    int parameter = 1 + CLAIM_PARAMETERS;
    String reidentified =
        reidentifies ? IdentitySql.delete(plan, target, "fence, ", parameter) : null;
    String rows =
        reidentified == null
            ? "u as (" + upsert.sql("fence, ", parameter) + " returning 1)"
            : "i as (%s returning 1), n as materialized (select count(*) from i), u as (%s returning 1)"
                .formatted(reidentified, upsert.sql("fence, n, ", parameter));
    String verdict = upsert.touchesAll() ? taken("cardinality($" + parameter + ")") : "1";
    return "with fence as ("
        + position.lock()
        + "), "
        + rows
        + " select txid_current(), 0::int8 * "
        + verdict
        + " from fence";
  }

  /**
   * Tells whether rows can be removed that hold a unique value that a snapshot gives to another
   * row. They are older than the snapshot, and their later state follows in it or in the changes
   * that are applied after it.
   */
  boolean canDisplace() {
    return !target.cascades() && !rivals(plan, target, key).isEmpty();
  }

  /**
   * Tells whether a row with the key of one of these rows has already come with the snapshot: then
   * the key does not keep the source's rows apart. Without the claim.
   */
  String meets() {
    var columns = plan.columns().stream().filter(c -> key.columns().contains(c.name())).toList();
    var values = new UnnestSql("x", columns, 1);
    return "select exists (select from %s as t, %s where %s and %s)"
        .formatted(
            target.sqlName(),
            values.from(),
            IntStream.range(0, columns.size())
                .mapToObj(
                    i ->
                        target
                            .equality(columns.get(i).name())
                            .sql("t." + SqlNames.quoted(columns.get(i).name()), values.value(i)))
                .collect(Collectors.joining(" and ")),
            isOf(1 + columns.size()));
  }

  /** Binds the parameters of {@link #meets}. */
  void bindKeys(Statement statement, RowColumns rows, List<Long> transactions) {
    int parameter = 0;
    for (int i = 0; i < plan.columns().size(); i++) {
      if (key.columns().contains(plan.columns().get(i).name())) {
        statement.bind(
            parameter++, new BinaryArray(plan.columns().get(i).sentAs(), rows.columns().get(i)));
      }
    }
    statement.bind(parameter, transactions.toArray(Long[]::new));
  }

  /** Condition: t was last written by one of these transactions; xmin has 32 bits of their ids. */
  private static String isOf(int parameter) {
    return "t.xmin::text::int8 = any(select id & 4294967295 from unnest($%d::int8[]) as id)"
        .formatted(parameter);
  }

  /**
   * As {@link #upsert}, removing such rows, but none of the snapshot's own: two of its rows with
   * one unique value both exist on the source. Returns its transaction and their number.
   */
  String displacing() {
    String sameKey = equal(key.columns());
    List<String> conditions =
        Stream.concat(
                rivals(plan, target, key).stream()
                    .map(rival -> equal(rival.columns()) + " and not (" + sameKey + ")"),
                key.temporal()
                    ? Stream.of(sameKey)
                    : identities()
                        .map(identity -> sameKey + " and not " + equal(List.of(identity))))
            .toList();
    var gone = new ArrayList<String>();
    for (int i = 0; i < conditions.size(); i++) {
      gone.add(
          "g%d as (delete from %s as t using x where %s and not %s returning 1)"
              .formatted(
                  i,
                  target.sqlName(),
                  conditions.get(i),
                  isOf(1 + CLAIM_PARAMETERS + plan.columns().size())));
    }
    var values = new UnnestSql("r", plan.columns(), 1 + CLAIM_PARAMETERS);
    String rows =
        IntStream.range(0, plan.columns().size())
            .mapToObj(i -> values.value(i) + " as " + name(i))
            .collect(Collectors.joining(", "));
    String given =
        IntStream.range(0, plan.columns().size())
            .mapToObj(i -> "x." + name(i))
            .collect(Collectors.joining(", "));
    String displaced =
        IntStream.range(0, conditions.size())
            .mapToObj(i -> "(select count(*) from g" + i + ")")
            .collect(Collectors.joining(" + "));
    return """
        with fence as (%s), x as (select %s from fence, %s), %s,
        n as materialized (select %s as displaced),
        u as (%s select %s from x, n%s returning 1)
        select txid_current(), n.displaced::int8 * %s from fence, n"""
        .formatted(
            position.lock(),
            rows,
            values.from(),
            String.join(", ", gone),
            displaced,
            upsert.into(),
            given,
            upsert.onConflict(),
            upsert.touchesAll() ? taken("(select count(*) from x)") : "1");
  }

  /**
   * The unique keys besides the one by which rows are found. Expressions and conditions are left
   * out: rows of such an index cannot be found by a value.
   */
  static List<UniqueKey> rivals(RowPlan plan, CatalogTable target, UniqueKey key) {
    List<String> written = plan.columns().stream().map(PlanColumn::name).toList();
    return target.shape().uniqueKeys().stream()
        .filter(unique -> !unique.equals(key) && written.containsAll(unique.columns()))
        .toList();
  }

  /** Columns that only an insert can set. */
  private Stream<String> identities() {
    return !reidentifies
        ? Stream.empty()
        : plan.columns().stream()
            .map(PlanColumn::name)
            .filter(column -> target.isAlwaysIdentity(column) && !key.columns().contains(column));
  }

  private String equal(List<String> columns) {
    return columns.stream()
        .map(
            column ->
                target
                    .equality(column)
                    .sql("t." + SqlNames.quoted(column), "x." + SqlNames.quoted(column)))
        .collect(Collectors.joining(" and "));
  }

  private String name(int column) {
    return SqlNames.quoted(plan.columns().get(column).name());
  }

  /** Binds the parameters of {@link #displacing}. */
  void bind(Statement statement, RowColumns rows, List<Long> transactions) {
    bind(statement, rows);
    statement.bind(CLAIM_PARAMETERS + plan.columns().size(), transactions.toArray(Long[]::new));
  }

  void bind(Statement statement, RowColumns rows) {
    position.bindClaim(statement);
    for (int i = 0; i < plan.columns().size(); i++) {
      statement.bind(
          CLAIM_PARAMETERS + i,
          new BinaryArray(plan.columns().get(i).sentAs(), rows.columns().get(i)));
    }
  }
}
