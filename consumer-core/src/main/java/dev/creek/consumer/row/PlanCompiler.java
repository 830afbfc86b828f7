package dev.creek.consumer.row;

import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lays a wire record beside a target table: which column goes where, and whether it can. */
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
    if (!problems.isEmpty()) {
      throw new ShapeMismatchException(
          SqlName.of(target) + " does not fit the source: " + String.join("; ", problems),
          String.join("\n", hints));
    }
  }

  RowPlan rows() {
    var flagged =
        shape.keyColumns().stream().map(WireField::name).filter(written::containsKey).toList();
    return rows(new KeyChoice(target).ofSnapshot(flagged, List.copyOf(written.keySet())));
  }

  /** Plans changes whose after image is this compiler's record. */
  ChangePlan changes(WalSchema schema) {
    var before = names(schema.before());
    UniqueKey key = new KeyChoice(target).ofChanges(before, List.copyOf(written.keySet()));
    var finding = key == null ? before : key.columns();
    var found =
        written.values().stream().filter(column -> finding.contains(column.name())).toList();
    return new ChangePlan(schema, rows(key), new ImageKeys(target, schema, found));
  }

  private RowPlan rows(@Nullable UniqueKey key) {
    return new RowPlan(shape, written, List.copyOf(written.values()), key);
  }

  private List<String> names(RecordShape image) {
    return image.columns().stream().map(WireField::name).filter(written::containsKey).toList();
  }

  private void match(WireField field) {
    TargetColumn column = targets.get(field.name());
    String quoted = SqlName.quote(field.name());
    if (column == null) {
      problems.add("column " + quoted + " is missing");
      hints.add(alter("ADD COLUMN " + quoted + " " + SourceType.sql(field)));
    } else if (column.generated()) {
      return;
    } else if (!Transcodings.fits(field.slot().type(), column.typeOid())) {
      String type = SourceType.sql(field);
      problems.add(
          "column %s is %s, which cannot hold every %s".formatted(quoted, column.typeSql(), type));
      hints.add(alter("ALTER COLUMN " + quoted + " TYPE " + type));
    } else {
      written.put(field.name(), ColumnPlan.of(field, column));
    }
  }

  private void checkMissingValues() {
    var carried = shape.columns().stream().map(WireField::name).collect(Collectors.toSet());
    for (TargetColumn column : target.columns()) {
      boolean optional =
          !column.notNull() || column.hasDefault() || column.generated() || column.alwaysIdentity();
      if (!optional && !carried.contains(column.name())) {
        String quoted = SqlName.quote(column.name());
        problems.add(
            "column " + quoted + " is NOT NULL without a default, and the source lacks it");
        hints.add(alter("ALTER COLUMN " + quoted + " DROP NOT NULL"));
      }
    }
  }

  private String alter(String action) {
    return "ALTER TABLE " + SqlName.of(target) + " " + action + ";";
  }
}
