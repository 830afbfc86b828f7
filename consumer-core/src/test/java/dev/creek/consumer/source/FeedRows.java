package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.TableWire;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The rows that a feed's tables hold, as snapshots show them. Not thread-safe. */
final class FeedRows {
  private final Map<SourceTable, Table> tables = new HashMap<>();

  /** A table's rows, in the order in which they were inserted. */
  private static final class Table {
    private final List<Map<String, ?>> rows = new ArrayList<>();
    private TableWire wire;

    Table(TableWire wire) {
      this.wire = wire;
    }
  }

  /** There is such a table. */
  void declare(TableWire wire) {
    of(wire);
  }

  void insert(TableWire wire, Map<String, ?> row) {
    of(wire).rows.add(row);
  }

  /** Replaces a row; one that is not there is added, since a feed's test may begin anywhere. */
  void update(TableWire wire, Map<String, ?> before, Map<String, ?> after) {
    Table table = of(wire);
    int at = find(table, wire, before);
    if (at < 0) {
      table.rows.add(after);
    } else {
      table.rows.set(at, after);
    }
  }

  void delete(TableWire wire, Map<String, ?> row) {
    Table table = of(wire);
    int at = find(table, wire, row);
    if (at >= 0) {
      table.rows.remove(at);
    }
  }

  void truncate(TableWire wire) {
    of(wire).rows.clear();
  }

  private static int find(Table table, TableWire wire, Map<String, ?> row) {
    Map<String, ?> key = wire.identityOf(row);
    Predicate<Map<String, ?>> same = one -> wire.identityOf(one).equals(key);
    for (int i = 0; i < table.rows.size(); i++) {
      if (same.test(table.rows.get(i))) {
        return i;
      }
    }
    return -1;
  }

  private Table of(TableWire wire) {
    Table table = tables.computeIfAbsent(wire.source(), unknown -> new Table(wire));
    table.wire = wire;
    return table;
  }

  /** The table with its newest columns; null if there is none. */
  @Nullable TableWire wire(SourceTable source) {
    Table table = tables.get(source);
    return table == null ? null : table.wire;
  }

  /** The rows of a table. */
  List<Map<String, ?>> rows(SourceTable source) {
    return List.copyOf(tables.get(source).rows);
  }
}
