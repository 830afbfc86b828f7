package dev.creek.consumer.machine;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table on both sides.
 *
 * @param name as SQL takes it, with its schema; the same on both sides
 * @param key the source's primary key; empty for none
 * @param sourceDdl its making on the source
 * @param targetDdl its making on the target
 * @param ingredients what is unusual about it
 * @param numbered whether rows carry {@link #ROW_ID}
 */
public record TablePlan(
    String name,
    List<ColumnPlan> columns,
    List<String> key,
    List<String> sourceDdl,
    List<String> targetDdl,
    Set<Ingredient> ingredients,
    boolean numbered) {

  /** A number that a row keeps for life, and that no other has. */
  static final String ROW_ID = "row_id";

  /** A column of the target's own. */
  static final String OWN = "own";

  /** What {@link #OWN} says of rows that were there when they were tagged. */
  static final String TAGGED = "tagged";

  public TablePlan {
    ingredients = Set.copyOf(ingredients);
  }

  boolean has(Ingredient ingredient) {
    return ingredients.contains(ingredient);
  }

  /** Those that it has on both sides from the beginning. */
  Set<String> columnNames() {
    return Stream.concat(columns.stream().map(ColumnPlan::name), Stream.of(ROW_ID))
        .collect(Collectors.toSet());
  }

  /** The table of children at the target. */
  String children() {
    return name + "_children";
  }

  boolean hasChildren() {
    return has(Ingredient.CASCADING_CHILDREN) || has(Ingredient.RESTRICTING_CHILDREN);
  }
}
