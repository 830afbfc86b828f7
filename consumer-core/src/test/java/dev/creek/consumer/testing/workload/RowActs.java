package dev.creek.consumer.testing.workload;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What happens to rows. Each method does one thing, or nothing where others are at work. */
final class RowActs {
  /** Rows are few, so that the same ones change again and again. */
  static final int IDS = 24;

  private static final int MAX_ROWS = 4;
  private static final int MAX_BULK_ROWS = 1500;

  /** Beyond all ids that change, those of renamed rows included. */
  private static final int FIRST_STILL_ID = 100;

  private static final int STILL_ROWS_AT_ONCE = 50;

  private final Random random;

  RowActs(Random random) {
    this.random = random;
  }

  void insert(SourceSession session, WorkloadTable table) throws SQLException {
    insert(session, table, ids(session, table, 1 + random.nextInt(MAX_ROWS)));
  }

  /** What inserts so many rows that none of the others here touches, by rows. */
  Stream<String> still(WorkloadTable table, int rows) {
    if (table.key().isEmpty()) {
      return Stream.empty();
    }
    List<Integer> ids = IntStream.range(FIRST_STILL_ID, FIRST_STILL_ID + rows).boxed().toList();
    return IntStream.iterate(0, from -> from < rows, from -> from + STILL_ROWS_AT_ONCE)
        .mapToObj(from -> ids.subList(from, Math.min(rows, from + STILL_ROWS_AT_ONCE)))
        .map(
            some ->
                "insert into %s (%s) values %s"
                    .formatted(table, names(table.columns()), values(table.columns(), some)));
  }

  private String values(List<Column> columns, List<Integer> ids) {
    return ids.stream()
        .map(id -> columns.stream().map(column -> column.literal(random, id)))
        .map(row -> row.collect(Collectors.joining(", ", "(", ")")))
        .collect(Collectors.joining(", "));
  }

  private void insert(SourceSession session, WorkloadTable table, List<Integer> ids)
      throws SQLException {
    if (ids.isEmpty()) {
      return;
    }
    List<Column> columns = table.columns();
    String rows = values(columns, ids);
    String names = names(columns);
    session.execute(
        "insert into %s (%s) select * from (values %s) as v (%s)%s%s"
            .formatted(
                table,
                names,
                rows,
                names,
                onlyPossible(table),
                table.isIdUnique() ? "" : onConflict(table, columns)));
  }

  /** What a foreign key, or the table's own key, lets in. */
  private static String onlyPossible(WorkloadTable table) {
    if (table.isIdUnique()) {
      return " where not exists (select from %s as t where t.id = v.id)".formatted(table);
    }
    return table.parent().isEmpty()
        ? ""
        : " where exists (select from %s as t where t.id = v.id)".formatted(table.parent());
  }

  private String onConflict(WorkloadTable table, List<Column> columns) {
    if (!table.may(WorkloadTable.May.UPDATE) || table.key().isEmpty()) {
      return "";
    }
    String key = " on conflict (" + String.join(", ", table.key()) + ") do ";
    if (random.nextInt(3) == 0) {
      return key + "nothing";
    }
    String changes =
        columns.stream()
            .filter(column -> column.role() == Column.Role.FREE)
            .map(column -> column.name() + " = excluded." + column.name())
            .collect(Collectors.joining(", "));
    return key + "update set " + changes + newVersion(table);
  }

  /** Many rows in one statement: more than a batch, in tables that only grow. */
  void insertBulk(SourceSession session, WorkloadTable table) throws SQLException {
    if (!table.key().isEmpty() || !table.isVersioned()) {
      insert(session, table, ids(session, table, IDS));
    } else if (session.claim(table)) {
      session.execute(
          "insert into %s (id) select generate_series(1, %d)"
              .formatted(table, 1 + random.nextInt(MAX_BULK_ROWS)));
    }
  }

  void copy(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 1 + random.nextInt(IDS));
    if (ids.isEmpty() || !table.parent().isEmpty()) {
      return;
    }
    if (table.may(WorkloadTable.May.DELETE) && !table.key().isEmpty()) {
      delete(session, table, ids);
    }
    List<Column> columns = table.columns();
    String rows =
        ids.stream()
            .map(id -> columns.stream().map(column -> column.copied(random, id)))
            .map(row -> row.collect(Collectors.joining("\t", "", "\n")))
            .collect(Collectors.joining());
    session.copy("copy %s (%s) from stdin".formatted(table, names(columns)), rows);
  }

  void update(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 1 + random.nextInt(MAX_ROWS));
    if (ids.isEmpty()) {
      return;
    }
    List<Column> columns = new ArrayList<>(table.changeable());
    Collections.shuffle(columns, random);
    String changes =
        columns.subList(0, 1 + random.nextInt(columns.size())).stream()
            .map(column -> column.name() + " = " + column.literal(random, ids.get(0)))
            .collect(Collectors.joining(", "));
    session.execute(
        "update %s set %s%s where %s".formatted(table, changes, newVersion(table), among(ids)));
  }

  /** An update that changes nothing, except where there is a version. */
  void touch(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    if (!ids.isEmpty()) {
      session.execute(
          "update %s set id = id%s where %s".formatted(table, newVersion(table), among(ids)));
    }
  }

  void delete(SourceSession session, WorkloadTable table) throws SQLException {
    delete(session, table, ids(session, table, 1 + random.nextInt(MAX_ROWS)));
  }

  private void delete(SourceSession session, WorkloadTable table, List<Integer> ids)
      throws SQLException {
    if (!ids.isEmpty()) {
      session.execute("delete from %s where %s".formatted(table, among(ids)));
    }
  }

  /** The same key goes and comes back, with other values. */
  void replace(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    delete(session, table, ids);
    insert(session, table, ids);
  }

  void changeKey(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    if (ids.size() == 2) {
      rename(session, table, ids.get(0), ids.get(1));
    }
  }

  /** Two keys change places, by way of a third. */
  void swapKeys(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    if (ids.size() == 2) {
      int spare = IDS + session.number();
      rename(session, table, ids.get(0), spare);
      rename(session, table, ids.get(1), ids.get(0));
      rename(session, table, spare, ids.get(1));
    }
  }

  private void rename(SourceSession session, WorkloadTable table, int from, int to)
      throws SQLException {
    String changes =
        table.keyColumns().stream()
            .map(column -> column.name() + " = " + column.literal(random, to))
            .collect(Collectors.joining(", "));
    session.execute(
        "update %1$s set %2$s%3$s where id = %4$d and not exists (select from %1$s where id = %5$d)"
            .formatted(table, changes, newVersion(table), from, to));
  }

  /** Two unique values change places, in three updates or in one. */
  void swapMarks(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    if (ids.size() < 2) {
      return;
    }
    String one = mark(session, table, ids.get(0));
    String other = mark(session, table, ids.get(1));
    if (one == null || other == null) {
      return;
    }
    if (table.isMarkDeferrable()) {
      session.execute(
          "update %s set mark = case id when %d then %s else %s end%s where %s"
              .formatted(table, ids.get(0), other, one, newVersion(table), among(ids)));
      return;
    }
    setMark(session, table, ids.get(0), Integer.toString(-1 - session.number()));
    setMark(session, table, ids.get(1), one);
    setMark(session, table, ids.get(0), other);
  }

  /** A unique value leaves one row and appears in another. */
  void moveMark(SourceSession session, WorkloadTable table) throws SQLException {
    List<Integer> ids = ids(session, table, 2);
    if (ids.size() < 2) {
      return;
    }
    String moving = mark(session, table, ids.get(0));
    if (moving == null) {
      return;
    }
    if (random.nextBoolean()) {
      delete(session, table, ids.subList(0, 1));
    } else {
      String instead = table.isMarkOptional() ? "null" : "nextval('app.marks')";
      setMark(session, table, ids.get(0), instead);
    }
    setMark(session, table, ids.get(1), moving);
  }

  private static String mark(SourceSession session, WorkloadTable table, int id)
      throws SQLException {
    return session.value("select mark from %s where id = %d".formatted(table, id));
  }

  private static void setMark(SourceSession session, WorkloadTable table, int id, String to)
      throws SQLException {
    session.execute(
        "update %s set mark = %s%s where id = %d".formatted(table, to, newVersion(table), id));
  }

  /** Up to so many rows that nobody else is at. */
  private List<Integer> ids(SourceSession session, WorkloadTable table, int most) {
    return random
        .ints(0, IDS)
        .limit(most)
        .distinct()
        .filter(id -> session.claim(table, id))
        .boxed()
        .toList();
  }

  private static String among(List<Integer> ids) {
    return "id in "
        + ids.stream().map(Object::toString).collect(Collectors.joining(", ", "(", ")"));
  }

  private static String names(List<Column> columns) {
    return columns.stream().map(Column::name).collect(Collectors.joining(", "));
  }

  static String newVersion(WorkloadTable table) {
    return table.isVersioned() ? ", version = nextval('app.versions')" : "";
  }
}
