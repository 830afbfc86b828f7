package dev.creek.consumer.row;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Compares a wire record with a target table, and decides for each column where it goes and whether
 * it fits.
 */
final class PlanCompiler {
  private final RecordShape shape;
  private final TargetShape target;
  private final Map<String, TargetColumn> targets;
  private final List<String> problems = new ArrayList<>();
  private final List<String> hints = new ArrayList<>();

  /** Written columns by name, in the order of the wire. */
  private final Map<String, ColumnPlan> written = new LinkedHashMap<>();

  PlanCompiler(RecordShape shape, TargetShape target) {
    this.shape = shape;
    this.target = target;
    this.targets =
        target.columns().stream()
            .collect(Collectors.toMap(TargetColumn::name, Function.identity()));
    shape.columns().forEach(this::match);
    checkMissingValues();
  }

  RowPlan rows() {
    var plan = new RowPlan(shape, written, List.copyOf(written.values()), keys().ofSnapshot());
    requireFit();
    return plan;
  }

  /** Plans changes whose after image is this compiler's record. */
  ChangePlan changes(WalSchema schema) {
    PlanKey key = keys().ofChanges(schema.before(), this::problem);
    requireFit();
    var before = names(schema.before());
    var finding = key == null ? before : key.unique().columns();
    var found =
        written.values().stream().filter(column -> finding.contains(column.name())).toList();
    var rows = new RowPlan(shape, written, List.copyOf(written.values()), key);
    return new ChangePlan(
        schema, rows, new ImageKeys(target, schema, found, key == null ? "" : key.remedy()));
  }

  private KeyChoice keys() {
    return new KeyChoice(target, shape, written);
  }

  private void problem(String reason, String hint) {
    problems.add(reason);
    hints.add(hint);
  }

  private void requireFit() {
    if (!problems.isEmpty()) {
      throw new ShapeMismatchException(
          SqlName.of(target) + " does not fit the source: " + String.join("; ", problems),
          String.join("\n", hints));
    }
  }

  private List<String> names(RecordShape image) {
    return image.columns().stream().map(WireField::name).filter(written::containsKey).toList();
  }

  private void match(WireField field) {
    TargetColumn column = targets.get(field.name());
    String quoted = SqlName.quote(field.name());
    if (column == null) {
      problem(
          "column " + quoted + " is missing",
          alter("ADD COLUMN " + quoted + " " + SourceType.sql(field)));
    } else if (!column.generated()) {
      match(field, column);
    }
  }

  private void match(WireField field, TargetColumn column) {
    String type = SourceType.sql(field);
    String quoted = SqlName.quote(field.name());
    String hint = Retype.sql(target, column, field);
    Fit fit = Fits.of(field, column);
    if (fit instanceof Fit.Never) {
      problem(
          "column %s is %s, which cannot hold every %s"
              .formatted(quoted, column.type().display(), type),
          hint);
      return;
    }
    var loss =
        new ColumnPlan.Loss(
            fit instanceof Fit.Checked checked ? checked.guard() : null,
            "column %s of %s is %s, and would not hold this value of the source's %s as it is"
                .formatted(quoted, SqlName.of(target), column.type().display(), type),
            hint);
    written.put(field.name(), ColumnPlan.of(field, column, loss));
  }

  private void checkMissingValues() {
    var carried = shape.columns().stream().map(WireField::name).collect(Collectors.toSet());
    for (TargetColumn column : target.columns()) {
      boolean optional =
          !column.notNull() || column.hasDefault() || column.generated() || column.alwaysIdentity();
      if (!optional && !carried.contains(column.name())) {
        String quoted = SqlName.quote(column.name());
        problem(
            "column " + quoted + " is NOT NULL without a default, and the source lacks it",
            alter("ALTER COLUMN " + quoted + " DROP NOT NULL"));
      }
    }
  }

  private String alter(String action) {
    return "ALTER TABLE " + SqlName.of(target) + " " + action + ";";
  }
}
