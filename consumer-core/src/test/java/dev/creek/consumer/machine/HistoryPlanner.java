package dev.creek.consumer.machine;

import static dev.creek.consumer.machine.Ingredient.*;

import dev.creek.consumer.machine.Act.Deed;
import dev.creek.consumer.machine.Act.OnTarget;
import dev.creek.consumer.machine.Act.Statement;
import dev.creek.consumer.machine.Act.Transaction;
import dev.creek.consumer.machine.Act.What;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes up what happens. */
final class HistoryPlanner {
  private static final int MAX_STATEMENTS = 5;
  private static final int BULK_ROWS = 20;

  /** Of them, so many kinds in one case: what cannot be told from each other explains nothing. */
  private static final int MAX_KINDS = 4;

  private static final List<Ingredient> CHOICES =
      List.of(
          CLEAN_SNAPSHOT,
          CLEAN_SNAPSHOT,
          UPSERT_SNAPSHOT,
          OLDER_SNAPSHOT,
          REMOVED_AND_ADDED,
          SERVICE_RESTART,
          PRODUCER_RESTART,
          PUBLISHED_AGAIN,
          COLUMN_ADDED,
          COLUMN_WITH_DEFAULT,
          COLUMN_DROPPED,
          TYPE_CHANGED,
          KEY_CHANGED,
          IDENTITY_CHANGED,
          TARGET_EMPTIED,
          TARGET_RECREATED,
          TARGET_ROWS_DELETED,
          PURGED_SUBJECT,
          DELETED_MESSAGE);

  private final Dice dice;
  private final Set<Ingredient> ingredients;
  private final List<SourceTable> tables;
  private final Map<Ingredient, Runnable> makers = new EnumMap<>(Ingredient.class);
  private final List<Act> acts = new ArrayList<>();
  private int number;

  /**
   * @param ingredients what it is made of is added here
   */
  HistoryPlanner(Dice dice, List<TablePlan> tables, Set<Ingredient> ingredients) {
    this.dice = dice;
    this.ingredients = ingredients;
    this.tables = tables.stream().map(table -> new SourceTable(dice, table)).toList();
    SchemaActs schema = new SchemaActs(dice, acts, () -> ++number);
    makers.put(CLEAN_SNAPSHOT, () -> deed(What.CLEAN_SNAPSHOT, any().name()));
    makers.put(UPSERT_SNAPSHOT, () -> deed(What.UPSERT_SNAPSHOT, any().name()));
    makers.put(OLDER_SNAPSHOT, () -> deed(What.OLDER_SNAPSHOT, any().name()));
    makers.put(REMOVED_AND_ADDED, () -> deed(What.REMOVE_AND_ADD, any().name()));
    makers.put(
        SERVICE_RESTART,
        () -> {
          deed(dice.chance(50) ? What.STOP_SERVICE : What.CRASH_SERVICE, "");
          acts.addAll(transactions(dice.below(2)));
          deed(What.START_SERVICE, "");
        });
    makers.put(PRODUCER_RESTART, () -> restartProducer(What.STOP_PRODUCER));
    makers.put(PUBLISHED_AGAIN, () -> restartProducer(What.KILL_PRODUCER));
    makers.put(COLUMN_ADDED, () -> schema.addColumn(any()));
    makers.put(COLUMN_WITH_DEFAULT, () -> schema.addColumnWithDefault(any()));
    makers.put(COLUMN_DROPPED, () -> schema.dropColumn(any()));
    makers.put(TYPE_CHANGED, () -> schema.changeType(any()));
    makers.put(KEY_CHANGED, () -> schema.changeKey(any()));
    makers.put(IDENTITY_CHANGED, () -> schema.changeIdentity(any()));
    makers.put(TARGET_EMPTIED, this::empty);
    makers.put(TARGET_RECREATED, this::recreate);
    makers.put(TARGET_ROWS_DELETED, this::deleteRows);
    makers.put(PURGED_SUBJECT, () -> lose(What.PURGE_SUBJECT));
    makers.put(DELETED_MESSAGE, () -> lose(What.DELETE_MESSAGE));
  }

  private SourceTable any() {
    return dice.one(tables);
  }

  /**
   * @param tagged whether rows are to be tagged; what follows takes no row away but by deletes
   */
  List<Act> acts(int count, boolean tagged) {
    List<Ingredient> kinds = kinds();
    for (int i = 0; i < count; i++) {
      if (kinds.isEmpty() || dice.chance(60)) {
        acts.addAll(transactions(1));
      } else {
        Ingredient kind = dice.one(kinds);
        ingredients.add(kind);
        makers.get(kind).run();
      }
      if (dice.chance(10)) {
        deed(dice.chance(50) ? What.SETTLE : What.COMMANDS_END, "");
      }
    }
    if (tagged) {
      deed(What.COMMANDS_END, "");
      deed(What.SETTLE, "");
      deed(What.TAG, "");
      tables.forEach(SourceTable::keepRows);
      acts.addAll(transactions(2 + dice.below(4)));
    }
    return List.copyOf(acts);
  }

  private List<Ingredient> kinds() {
    int count = dice.below(MAX_KINDS + 1);
    return dice.allowed(dice.some(CHOICES, count));
  }

  /** So many transactions, as random as the rest. */
  List<Act> transactions(int count) {
    List<Act> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Statement> statements = new ArrayList<>();
      int most = 1 + dice.below(MAX_STATEMENTS);
      while (statements.size() < most) {
        number++;
        any().change().forEach(sql -> statements.add(new Statement(number, sql)));
      }
      all.add(new Transaction(statements));
    }
    return all;
  }

  private void deed(What what, String table) {
    acts.add(new Deed(++number, what, table));
  }

  private void onTarget(String... sql) {
    acts.add(new OnTarget(++number, List.of(sql)));
  }

  private void restartProducer(What end) {
    deed(end, "");
    acts.addAll(transactions(dice.below(2)));
    deed(What.START_PRODUCER, "");
  }

  /** By the one who knows how it was, or by what the hints say. */
  private void recreate() {
    SourceTable table = any();
    List<String> ddl = new ArrayList<>();
    ddl.add("drop table " + table.name() + " cascade");
    boolean byHints = dice.chance(40);
    if (!byHints) {
      table.plan().targetDdl().stream()
          .filter(sql -> !sql.startsWith("create function"))
          .forEach(ddl::add);
    }
    onTarget(ddl.toArray(String[]::new));
    if (byHints) {
      acts.addAll(transactions(1));
      deed(What.SETTLE, "");
      deed(What.FOLLOW_HINTS, "");
    }
  }

  /** A table to which nothing happens any more is not looked at any more. */
  private void empty() {
    SourceTable table = any();
    onTarget("truncate " + table.name() + " cascade");
    acts.add(new Transaction(List.of(new Statement(number, table.insert(BULK_ROWS)))));
  }

  /** Rows that nobody touches afterwards would be missed by nobody. */
  private void deleteRows() {
    SourceTable table = any();
    if (!table.touchesEveryRow()) {
      return;
    }
    onTarget(
        "delete from %s where hashtext(%s::text) %% 2 = 0"
            .formatted(table.name(), table.columns().get(0).name()));
    acts.add(new Transaction(List.of(new Statement(number, table.touch()))));
  }

  /** While nobody reads: what has been read is no loss. */
  private void lose(What what) {
    boolean down = dice.chance(70);
    if (down) {
      deed(What.STOP_SERVICE, "");
      acts.addAll(transactions(1 + dice.below(2)));
    }
    deed(what, any().name());
    acts.addAll(transactions(1));
    if (down) {
      deed(What.START_SERVICE, "");
    }
  }
}
