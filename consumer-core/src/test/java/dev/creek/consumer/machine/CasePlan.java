package dev.creek.consumer.machine;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SchemaPolicy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a case consists of; the same for the same seed, generation and exclusions.
 *
 * @param ingredients of the history
 * @param clockOffset how far the source's clock is ahead of the broker's
 * @param fromEmpty the tables that are followed without a first snapshot
 */
record CasePlan(
    long seed,
    Generation generation,
    List<TablePlan> tables,
    Set<Ingredient> ingredients,
    Duration clockOffset,
    Set<String> fromEmpty,
    List<Act> before,
    List<Act> acts) {

  /** Of a column that is left out there is nothing to compare. */
  private static final List<SchemaPolicy> POLICIES =
      List.of(SchemaPolicy.STOP, SchemaPolicy.ADD, SchemaPolicy.FOLLOW);

  /** What the service does where the source's schema changes. */
  SchemaPolicy schemaChanges() {
    return POLICIES.get((int) Math.floorMod(seed, (long) POLICIES.size()));
  }

  /** Every ingredient that may concern the table. */
  Set<Ingredient> around(TablePlan table) {
    Set<Ingredient> all = EnumSet.noneOf(Ingredient.class);
    all.addAll(ingredients);
    all.addAll(table.ingredients());
    return all;
  }

  /**
   * Whether nothing has happened that would excuse the table from ending equal, streaming and
   * unmarked. Rows without a key may always be unproven behind a snapshot or a restart.
   */
  boolean mustEndEqual(TablePlan table) {
    return around(table).stream().allMatch(Ingredient::isHarmless);
  }

  /** True where keys or columns change, so that a table may stop whatever it was marked for. */
  boolean alters() {
    return ingredients.stream()
        .anyMatch(
            EnumSet.of(
                    Ingredient.KEY_CHANGED,
                    Ingredient.TYPE_CHANGED,
                    Ingredient.IDENTITY_CHANGED,
                    Ingredient.COLUMN_DROPPED)
                ::contains);
  }

  boolean isLeastPrivilege() {
    return ingredients.contains(Ingredient.LEAST_PRIVILEGE);
  }

  /** The same with fewer acts and statements. */
  CasePlan only(IntPredicate kept) {
    return new CasePlan(
        seed,
        generation,
        tables,
        ingredients,
        clockOffset,
        fromEmpty,
        only(before, kept),
        only(acts, kept));
  }

  private static List<Act> only(List<Act> acts, IntPredicate kept) {
    return acts.stream().flatMap(act -> only(act, kept)).toList();
  }

  private static Stream<Act> only(Act act, IntPredicate kept) {
    if (act instanceof Act.Transaction transaction) {
      List<Act.Statement> left =
          transaction.statements().stream()
              .filter(statement -> kept.test(statement.number()))
              .toList();
      return left.isEmpty() ? Stream.empty() : Stream.of(new Act.Transaction(left));
    }
    return numbers(act).allMatch(kept::test) ? Stream.of(act) : Stream.empty();
  }

  /** What can be left out, in order. */
  List<Integer> numbers() {
    return Stream.concat(before.stream(), acts.stream())
        .flatMap(CasePlan::numbers)
        .distinct()
        .toList();
  }

  private static Stream<Integer> numbers(Act act) {
    if (act instanceof Act.Transaction transaction) {
      return transaction.statements().stream().map(Act.Statement::number);
    }
    if (act instanceof Act.OnSource one) {
      return Stream.of(one.number());
    }
    return Stream.of(act instanceof Act.OnTarget one ? one.number() : ((Act.Deed) act).number());
  }

  /** All of it, for people. */
  @Override
  public String toString() {
    return "%s wire, %s, clock of the source %+d s%n"
            .formatted(generation, ingredients, clockOffset.toSeconds())
        + tables.stream()
            .map(
                table ->
                    "  %s %s%n    source: %s%n    target: %s%n"
                        .formatted(
                            table.name(),
                            table.ingredients(),
                            String.join(";\n      ", table.sourceDdl()),
                            String.join(";\n      ", table.targetDdl())))
            .collect(Collectors.joining())
        + "  followed without a snapshot: "
        + fromEmpty
        + "\n  before it is followed:\n"
        + listed(before)
        + "  then:\n"
        + listed(acts);
  }

  private static String listed(List<Act> acts) {
    return acts.stream().map(act -> "    " + act + "\n").collect(Collectors.joining());
  }
}
