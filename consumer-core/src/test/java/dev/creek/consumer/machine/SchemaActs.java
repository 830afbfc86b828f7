package dev.creek.consumer.machine;

import dev.creek.consumer.machine.Act.Deed;
import dev.creek.consumer.machine.Act.OnSource;
import dev.creek.consumer.machine.Act.OnTarget;
import dev.creek.consumer.machine.Act.What;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** What somebody does to the source's tables, and what somebody then does to the target's. */
final class SchemaActs {
  private static final List<String> IDENTITIES = List.of("full", "default", "nothing");

  private final Dice dice;
  private final List<Act> acts;
  private final IntSupplier numbers;

  SchemaActs(Dice dice, List<Act> acts, IntSupplier numbers) {
    this.dice = dice;
    this.acts = acts;
    this.numbers = numbers;
  }

  void addColumn(SourceTable table) {
    ColumnPlan column = new ColumnPlan(table.newColumn(), dice.one(Kind.ALL), false);
    alter(table, "add column " + column.ddl(), List.of("add column " + column.ddl()));
    table.columns().add(column);
  }

  void addColumnWithDefault(SourceTable table) {
    ColumnPlan column = new ColumnPlan(table.newColumn(), dice.one(Kind.ALL), dice.chance(50));
    String value = new ColumnPlan("", column.kind(), true).literal(dice.random());
    String whole = "add column " + column.ddl() + " default " + value;
    String plain = "add column " + column.name() + " " + column.kind().type();
    alter(table, whole, List.of(dice.chance(50) ? whole : plain));
    table.columns().add(column);
  }

  void dropColumn(SourceTable table) {
    List<ColumnPlan> free =
        table.outsideOfKey().stream().filter(column -> column.name().startsWith("c")).toList();
    if (free.size() < 2 || table.plan().has(Ingredient.INDEX_IDENTITY)) {
      return;
    }
    ColumnPlan column = dice.one(free);
    String drop = "drop column " + column.name();
    alter(table, drop, dice.chance(50) ? List.of(drop + " cascade") : List.of());
    table.columns().remove(column);
  }

  /**
   * To one that holds each value as it is: what others do to rows is on no wire. Once for each
   * column: the source may refuse the next one, and the target not.
   */
  void changeType(SourceTable table) {
    List<ColumnPlan> free =
        table.outsideOfKey().stream()
            .filter(column -> !types(column).isEmpty() && !column.name().startsWith("n"))
            .filter(column -> !table.isRetyped(column))
            .toList();
    if (free.isEmpty()) {
      return;
    }
    ColumnPlan column = dice.one(free);
    table.retype(column);
    String alter = "alter column " + column.name() + " type " + dice.one(types(column));
    alter(table, alter, List.of(alter));
  }

  private static List<String> types(ColumnPlan column) {
    // The cast of an inet to text is not what it is written as.
    if (column.kind().type().equals("inet")) {
      return List.of();
    }
    // Without a precision a numeric is on no wire; a float's decimals are others in another width.
    return column.kind().wider().stream()
        .filter(type -> !type.equals("numeric") && !type.startsWith("float"))
        // The text of a number has as many zeros as it has; a number's own are of its type.
        .filter(type -> !type.equals("text") || !column.kind().type().startsWith("int"))
        .toList();
  }

  void changeKey(SourceTable table) {
    if (table.plan().has(Ingredient.PARTITIONED_SOURCE)) {
      return;
    }
    List<String> able =
        table.columns().stream()
            .filter(column -> column.notNull() && column.kind().keyable())
            .map(ColumnPlan::name)
            .toList();
    if (able.isEmpty()) {
      return;
    }
    List<String> key = dice.some(able, 1 + dice.below(able.size()));
    String constraint = table.name().substring(table.name().indexOf('.') + 1) + "_pkey";
    String drop = "drop constraint if exists " + constraint + " cascade";
    if (dice.chance(15)) {
      alter(table, drop, List.of(drop));
      table.key(List.of());
    } else {
      String both = drop + ", add primary key (" + String.join(", ", key) + ")";
      alter(table, both, List.of(both));
      table.key(key);
    }
  }

  void changeIdentity(SourceTable table) {
    table.changeIdentity();
    alter(table, "replica identity " + dice.one(IDENTITIES), List.of());
  }

  /** The target follows before, later, as its hints say, or not. */
  private void alter(SourceTable table, String ofSource, List<String> ofTarget) {
    String begin = "alter table " + table.name() + " ";
    List<String> follow = new ArrayList<>();
    ofTarget.forEach(each -> follow.add(begin + each));
    int how = dice.below(10);
    if (how < 3 && !follow.isEmpty()) {
      acts.add(new OnTarget(numbers.getAsInt(), follow));
    }
    acts.add(new OnSource(numbers.getAsInt(), List.of(begin + ofSource)));
    if (how >= 3 && how < 5 && !follow.isEmpty()) {
      acts.add(new OnTarget(numbers.getAsInt(), follow));
    } else if (how >= 5 && how < 9) {
      acts.add(
          new Act.Transaction(
              List.of(new Act.Statement(numbers.getAsInt(), table.change().get(0)))));
      acts.add(new Deed(numbers.getAsInt(), What.SETTLE, ""));
      acts.add(new Deed(numbers.getAsInt(), What.FOLLOW_HINTS, ""));
    }
  }
}
