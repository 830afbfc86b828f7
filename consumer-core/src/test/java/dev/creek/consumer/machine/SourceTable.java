package dev.creek.consumer.machine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The source's table as the history has left it so far, and the statements that change its rows.
 * Rows are chosen by a hash of what is in them, so that a statement means something whatever was
 * before it.
 */
final class SourceTable {
  private static final int MAX_ROWS = 4;
  private static final int BULK_ROWS = 25;

  private final Dice dice;
  private final TablePlan plan;
  private final List<ColumnPlan> columns;
  private List<String> key;
  private final Set<String> retyped = new HashSet<>();
  private boolean keepsRows;
  private boolean changesIdentity;
  private int added;

  SourceTable(Dice dice, TablePlan plan) {
    this.dice = dice;
    this.plan = plan;
    this.columns = new ArrayList<>(plan.columns());
    this.key = plan.key();
  }

  TablePlan plan() {
    return plan;
  }

  String name() {
    return plan.name();
  }

  /** As they are now; to be changed by who alters the table. */
  List<ColumnPlan> columns() {
    return columns;
  }

  /** A name that no column has had. */
  String newColumn() {
    return "n" + added++;
  }

  List<String> key() {
    return key;
  }

  void key(List<String> names) {
    key = List.copyOf(names);
  }

  /**
   * From here on a row goes by a delete only: not by a TRUNCATE, and not from one partition to
   * another, which is published as a delete and an insert.
   */
  void keepRows() {
    keepsRows = true;
  }

  /** It is of another type now: which casts lead on from there depends on that. */
  void retype(ColumnPlan column) {
    retyped.add(column.name());
  }

  boolean isRetyped(ColumnPlan column) {
    return retyped.contains(column.name());
  }

  List<ColumnPlan> outsideOfKey() {
    return columns.stream().filter(column -> !key.contains(column.name())).toList();
  }

  /** A change, as one statement or several. */
  List<String> change() {
    int what = dice.below(100);
    if (what < 40) {
      return List.of(insert(1 + dice.below(MAX_ROWS)));
    } else if (what < 42) {
      return List.of(insert(BULK_ROWS));
    } else if (what < 68) {
      return List.of(update(outsideOfKey()));
    } else if (what < 80) {
      return List.of("delete from " + name() + picked(1 + dice.below(3)));
    } else if (what < 90) {
      return List.of(update(keyColumns()));
    } else if (what < 93) {
      return swap();
    } else if (what < 96) {
      return List.of("update %s set %s%s".formatted(name(), same(), picked(MAX_ROWS)));
    } else if (what < 98 && !keepsRows) {
      return List.of("truncate " + name());
    }
    return replace();
  }

  /** From here on an update may be refused, for want of an identity. */
  void changeIdentity() {
    changesIdentity = true;
  }

  /** Whether an update of every row is possible, and shows each of them. */
  boolean touchesEveryRow() {
    return !outsideOfKey().isEmpty()
        && !changesIdentity
        && !plan.has(Ingredient.NO_IDENTITY)
        && (!key.isEmpty() || plan.has(Ingredient.FULL_IDENTITY));
  }

  /** Every row, as it is. */
  String touch() {
    return "update %s set %s".formatted(name(), same());
  }

  private String same() {
    String column = dice.one(columns).name();
    return column + " = " + column;
  }

  private List<ColumnPlan> keyColumns() {
    if (keepsRows && plan.has(Ingredient.PARTITIONED_SOURCE)) {
      return outsideOfKey();
    }
    List<ColumnPlan> its = columns.stream().filter(column -> key.contains(column.name())).toList();
    return its.isEmpty() ? columns : its;
  }

  String insert(int rows) {
    String names = columns.stream().map(ColumnPlan::name).collect(Collectors.joining(", "));
    // With room for those that are there already.
    return "insert into %s (%s) values %s on conflict do nothing"
        .formatted(name(), names, repeat(rows, i -> "(" + values() + ")"));
  }

  private String values() {
    return columns.stream()
        .map(column -> column.literal(dice.random()))
        .collect(Collectors.joining(", "));
  }

  private String update(List<ColumnPlan> among) {
    List<ColumnPlan> changed = dice.some(among.isEmpty() ? columns : among, 1 + dice.below(2));
    String set =
        changed.stream()
            .map(column -> column.name() + " = " + column.literal(dice.random()))
            .collect(Collectors.joining(", "));
    return "update %s set %s%s".formatted(name(), set, picked(1 + dice.below(3)));
  }

  /** Two rows change places in a column of the key; a third value stands in meanwhile. */
  private List<String> swap() {
    ColumnPlan column = dice.one(keyColumns());
    List<String> three =
        IntStream.range(0, 3)
            .mapToObj(i -> new ColumnPlan("", column.kind(), true).literal(dice.random()))
            .toList();
    String change = "update %s set %s = %s where %2$s = %s";
    return List.of(
        change.formatted(name(), column.name(), three.get(2), three.get(0)),
        change.formatted(name(), column.name(), three.get(0), three.get(1)),
        change.formatted(name(), column.name(), three.get(1), three.get(2)));
  }

  /** Gone, and there again. */
  private List<String> replace() {
    String names = columns.stream().map(ColumnPlan::name).collect(Collectors.joining(", "));
    String row = values();
    String insert =
        "insert into %s (%s) values (%s) on conflict do nothing".formatted(name(), names, row);
    return List.of(insert, "delete from " + name() + picked(1), insert);
  }

  private String picked(int rows) {
    return " where (tableoid, ctid) in (select tableoid, ctid from %s as r order by md5(r::text || '%d') limit %d)"
        .formatted(name(), dice.below(1000), rows);
  }

  private static String repeat(int times, IntFunction<String> each) {
    return IntStream.range(0, times).mapToObj(each).collect(Collectors.joining(", "));
  }
}
