package dev.creek.consumer.row;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;

/**
 * Applies what plans make of changes, slowly and plainly: values go by binary COPY, which refuses
 * whatever is not exactly PostgreSQL's format, into staging tables of the types that the plan
 * sends, and from there by the plan's casts.
 */
final class PostgresApply {
  private static final byte[] SIGNATURE =
      "PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

  private final Connection connection;
  private final TargetShape target;
  private final String table;

  PostgresApply(Connection connection, TargetShape target) {
    this.connection = connection;
    this.target = target;
    this.table = SqlName.of(target);
  }

  void apply(ChangePlan plan, FoldedChanges changes) throws SQLException, IOException {
    if (changes.truncate()) {
      execute("delete from " + table);
    }
    delete(plan, changes.deletes());
    delete(plan, changes.vacated());
    move(plan, changes.moves());
    write(plan, changes.updates());
    write(plan, changes.inserts());
  }

  void apply(ChangePlan plan, Step step) throws SQLException, IOException {
    if (step instanceof Step.Truncate) {
      execute("delete from " + table);
    } else if (step instanceof Step.Delete delete) {
      delete(plan, delete.key());
    } else if (step instanceof Step.Insert insert) {
      write(plan, insert.rows());
    } else if (step instanceof Step.Update update) {
      write(plan, update.row());
    } else if (step instanceof Step.Replace replace) {
      delete(plan, replace.key());
      write(plan, replace.row());
    }
  }

  /** Rows whose keys go before them. */
  private void move(ChangePlan plan, RowColumns moves) throws SQLException, IOException {
    if (moves.rows() > 0) {
      int keys = plan.keyColumns().size();
      var columns = moves.columns();
      delete(plan, new RowColumns(columns.subList(0, keys), moves.rows()));
      write(plan, new RowColumns(columns.subList(keys, columns.size()), moves.rows()));
    }
  }

  private void delete(ChangePlan plan, RowColumns keys) throws SQLException, IOException {
    if (keys.rows() == 0) {
      return;
    }
    stage(plan.keyColumns(), keys);
    if (plan.key() != null) {
      execute("delete from " + table + " t using stage s where " + matches(plan, "="));
    } else {
      int deleted =
          execute(
              "delete from %s where ctid = (select t.ctid from %s t, stage s where %s limit 1)"
                  .formatted(table, table, matches(plan, "is not distinct from")));
      if (deleted != 1) {
        throw new IllegalStateException(deleted + " rows deleted of " + table);
      }
    }
  }

  private String matches(ChangePlan plan, String equality) {
    var conditions = new ArrayList<String>();
    for (int i = 0; i < plan.keyColumns().size(); i++) {
      PlanColumn column = plan.keyColumns().get(i);
      boolean comparable =
          target.columns().stream()
              .noneMatch(c -> c.name().equals(column.name()) && c.typeSql().startsWith("json"));
      String text = comparable ? "" : "::text";
      conditions.add(
          "t.%s%s %s %s%s"
              .formatted(
                  SqlName.quote(column.name()), text, equality, value(column, i, "s."), text));
    }
    return String.join(" and ", conditions);
  }

  private void write(ChangePlan plan, RowColumns rows) throws SQLException, IOException {
    if (rows.rows() == 0) {
      return;
    }
    stage(plan.columns(), rows);
    execute(
        "insert into %s (%s) %s select %s from stage order by n %s"
            .formatted(
                table,
                names(plan.columns()),
                plan.rows().overridesIdentity() ? "overriding system value" : "",
                values(plan.columns()),
                onConflict(plan)));
  }

  private static String onConflict(ChangePlan plan) {
    if (plan.key() == null) {
      return "";
    }
    var key = plan.key().columns();
    String set =
        plan.columns().stream()
            .filter(column -> !key.contains(column.name()))
            .map(c -> SqlName.quote(c.name()) + " = excluded." + SqlName.quote(c.name()))
            .collect(Collectors.joining(", "));
    return "on conflict (%s) do %s"
        .formatted(
            key.stream().map(SqlName::quote).collect(Collectors.joining(", ")),
            set.isEmpty() ? "nothing" : "update set " + set);
  }

  private void stage(List<PlanColumn> columns, RowColumns rows) throws SQLException, IOException {
    execute("drop table if exists stage");
    execute(
        IntStream.range(0, columns.size())
            .mapToObj(i -> "c%d pg_catalog.%s".formatted(i, columns.get(i).sentAs().sqlName()))
            .collect(
                Collectors.joining(
                    ", ", "create temp table stage (n int8 generated always as identity, ", ")")));
    String names =
        IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
    copy("stage (" + names + ")", copyBytes(rows), rows.rows());
  }

  /** Straight into the table. */
  void copy(ChangePlan plan, CopyRows rows) throws SQLException {
    byte[] bytes = new byte[rows.size()];
    rows.view().get(bytes);
    copy(table + " (" + names(plan.columns()) + ")", bytes, rows.rows());
  }

  private void copy(String into, byte[] bytes, int rows) throws SQLException {
    var copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("copy " + into + " from stdin (format binary)");
    copy.writeToCopy(bytes, 0, bytes.length);
    if (copy.endCopy() != rows) {
      throw new IllegalStateException("rows were lost");
    }
  }

  /** Columns beside each other become rows: the encoding of the values is the same. */
  static byte[] copyBytes(RowColumns rows) throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(SIGNATURE);
    var views = rows.columns().stream().map(ValueColumn::view).toList();
    for (int row = 0; row < rows.rows(); row++) {
      out.write(ByteBuffer.allocate(2).putShort((short) views.size()).array());
      for (ByteBuffer view : views) {
        byte[] value = new byte[4 + Math.max(0, view.getInt(view.position()))];
        view.get(value);
        out.write(value);
      }
    }
    if (views.stream().anyMatch(ByteBuffer::hasRemaining)) {
      throw new IllegalStateException("a column has more values than there are rows");
    }
    out.write(new byte[] {-1, -1});
    return out.toByteArray();
  }

  private int execute(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private static String names(List<PlanColumn> columns) {
    return columns.stream().map(c -> SqlName.quote(c.name())).collect(Collectors.joining(", "));
  }

  private static String values(List<PlanColumn> columns) {
    return IntStream.range(0, columns.size())
        .mapToObj(i -> value(columns.get(i), i, ""))
        .collect(Collectors.joining(", "));
  }

  private static String value(PlanColumn column, int index, String prefix) {
    return prefix + "c" + index + (column.cast() == null ? "" : "::" + column.cast());
  }
}
