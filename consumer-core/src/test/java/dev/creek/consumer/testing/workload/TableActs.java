package dev.creek.consumer.testing.workload;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What happens to whole tables, while nobody else works on them. */
final class TableActs {
  private static final List<String> TYPES =
      List.of("int4", "text", "numeric(12,3)", "timestamptz", "jsonb", "app.mood", "inet");

  private final Random random;
  private final Follower follower;
  private final Map<WorkloadTable, List<Addition>> additions = new HashMap<>();
  private int number;

  /** A column that ALTER TABLE has added, or would have if that had not been rolled back. */
  private static final class Addition {
    final Column column;
    final String ddl;
    boolean followed;

    Addition(Column column, String ddl, boolean followed) {
      this.column = column;
      this.ddl = ddl;
      this.followed = followed;
    }
  }

  TableActs(Random random, Follower follower) {
    this.random = random;
    this.follower = follower;
  }

  /** With another one of the transaction's now and then, and with all that refer to them. */
  void truncate(SourceSession session, WorkloadTable table) throws SQLException {
    List<WorkloadTable> tables = new ArrayList<>(List.of(table));
    WorkloadTable other = session.tables().get(random.nextInt(session.tables().size()));
    if (other != table && other.may(WorkloadTable.May.TRUNCATE)) {
      tables.add(other);
    }
    if (session.claimAll(tables)) {
      String names = String.join(", ", tables.stream().map(WorkloadTable::name).toList());
      String identity = random.nextBoolean() ? " restart identity" : "";
      session.execute("truncate " + names + identity + " cascade");
    }
  }

  /** Adds a column, and uses it in the same transaction. */
  void addColumn(SourceSession session, WorkloadTable table) throws SQLException {
    if (!follower.follows() || !session.claimAll(List.of(table))) {
      return;
    }
    Addition addition = addition(table);
    session.execute(addition.ddl);
    additions.computeIfAbsent(table, none -> new ArrayList<>()).add(addition);
    session.onCommit(() -> committed(table, addition));
    if (table.may(WorkloadTable.May.UPDATE)) {
      int id = random.nextInt(RowActs.IDS);
      session.execute(
          "update %s set %s = %s%s where id = %d"
              .formatted(
                  table,
                  addition.column.name(),
                  addition.column.literal(random, id),
                  RowActs.newVersion(table),
                  id));
    }
  }

  private Addition addition(WorkloadTable table) {
    String type = TYPES.get(random.nextInt(TYPES.size()));
    String name = "extra_" + ++number;
    boolean required = random.nextInt(3) == 0;
    Column column =
        required
            ? Column.required(name, type, TypeValues.of(type))
            : Column.of(name, type, TypeValues.of(type).orNull());
    String ddl = "alter table %s add column if not exists %s".formatted(table, column.ddl());
    boolean hasDefault = required || random.nextBoolean();
    if (hasDefault) {
      ddl += " default " + column.literal(random, 0);
    }
    // A service that adds the column itself cannot know the default, which rows that are there
    // have.
    boolean before = random.nextBoolean() || hasDefault;
    if (before) {
      follower.followNow(ddl);
    }
    return new Addition(column, ddl, before);
  }

  private void committed(WorkloadTable table, Addition addition) {
    table.added().add(addition.column);
    if (!addition.followed) {
      addition.followed = true;
      follower.followLater(addition.ddl, random);
    }
  }

  /** The target keeps the column. The transaction ends with it, as its later rows would lack it. */
  void dropColumn(SourceSession session, WorkloadTable table) throws SQLException {
    if (!table.added().isEmpty() && session.claimAll(List.of(table))) {
      Column column = table.added().get(random.nextInt(table.added().size()));
      session.execute("alter table %s drop column if exists %s".formatted(table, column.name()));
      session.onCommit(() -> table.added().remove(column));
      session.endNext();
    }
  }

  /** Looks again at what there is, where a lost connection may have committed or not. */
  void reload(SourceSession session) throws SQLException {
    for (Map.Entry<WorkloadTable, List<Addition>> entry : additions.entrySet()) {
      WorkloadTable table = entry.getKey();
      table.added().clear();
      for (Addition addition : entry.getValue()) {
        if (session.value(
                "select 1 from pg_attribute where attrelid = '%s'::regclass and attname = '%s'"
                    .formatted(table, addition.column.name()))
            != null) {
          committed(table, addition);
        }
      }
    }
  }
}
