package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
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
import org.jspecify.annotations.Nullable;

/**
 * Compares a wire record with a target table, and decides for each column where it goes and whether
 * it fits.
 */
final class PlanCompiler {
  private final RecordShape shape;
  private final TargetShape target;
  private final Misfits misfits;
  private final Map<String, TargetColumn> targets;
  private final List<SchemaDifference> differences = new ArrayList<>();

  /** Written columns by name, in the order of the wire. */
  private final Map<String, ColumnPlan> written = new LinkedHashMap<>();

  PlanCompiler(RecordShape shape, TargetShape target, Misfits misfits) {
    this.shape = shape;
    this.target = target;
    this.misfits = misfits;
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
    PlanKey key = key(schema);
    requireFit();
    var before = names(schema.before());
    var finding = key == null ? before : key.unique().columns();
    var found =
        written.values().stream().filter(column -> finding.contains(column.name())).toList();
    var rows = new RowPlan(shape, written, List.copyOf(written.values()), key);
    return new ChangePlan(
        schema,
        rows,
        new ImageKeys(target, schema, found, key == null ? "" : key.remedy()),
        List.copyOf(differences));
  }

  /** All differences, in the order in which they can be ended. */
  List<SchemaDifference> differences(WalSchema schema) {
    key(schema);
    return List.copyOf(differences);
  }

  /** The same for a snapshot's rows, whose key is no difference. */
  List<SchemaDifference> differences() {
    return List.copyOf(differences);
  }

  private @Nullable PlanKey key(WalSchema schema) {
    return keys().ofChanges(schema.before(), differences::add);
  }

  private KeyChoice keys() {
    return new KeyChoice(target, shape, written);
  }

  private void requireFit() {
    List<SchemaDifference> required =
        differences.stream().filter(SchemaDifference::required).toList();
    if (!required.isEmpty()) {
      throw mismatch(target, required);
    }
  }

  /** The error for these differences. */
  static ShapeMismatchException mismatch(TargetShape target, List<SchemaDifference> required) {
    return new ShapeMismatchException(
        SqlName.of(target)
            + " does not fit the source: "
            + required.stream().map(SchemaDifference::reason).collect(Collectors.joining("; ")),
        required);
  }

  private List<String> names(RecordShape image) {
    return image.columns().stream().map(WireField::name).filter(written::containsKey).toList();
  }

  private void match(WireField field) {
    TargetColumn column = targets.get(field.name());
    if (column == null) {
      differences.add(added(field));
    } else if (!column.generated()) {
      match(field, column);
    }
  }

  private SchemaDifference added(WireField field) {
    String quoted = SqlName.quote(field.name());
    return new SchemaDifference(
        Kind.COLUMN_ADDED,
        field.name(),
        "column " + quoted + " is missing",
        List.of(alter("ADD COLUMN " + quoted + " " + SourceType.sql(field))),
        Work.CATALOG,
        misfits == Misfits.STOP);
  }

  private void match(WireField field, TargetColumn column) {
    Fit fit = Fits.of(field, column);
    boolean never = fit instanceof Fit.Never;
    @Nullable ValueGuard exact =
        never && misfits == Misfits.IGNORE ? ExactFits.guard(field, column) : null;
    Widening widening = new Widening(column, field);
    SchemaDifference refused = Retype.difference(target, column, widening, true);
    if (never && exact == null) {
      differences.add(refused);
      return;
    }
    if (!column.lossy() && (never || widening.isShown())) {
      differences.add(Retype.difference(target, column, widening, false));
    }
    ValueGuard guard = fit instanceof Fit.Checked checked ? checked.guard() : exact;
    var loss =
        new ColumnPlan.Loss(
            guard,
            "column %s of %s is %s, and would not hold this value of the source's %s as it is"
                .formatted(
                    SqlName.quote(field.name()),
                    SqlName.of(target),
                    column.type().display(),
                    SourceType.sql(field)),
            refused);
    written.put(field.name(), ColumnPlan.of(field, column, loss));
  }

  private void checkMissingValues() {
    var carried = shape.columns().stream().map(WireField::name).collect(Collectors.toSet());
    for (TargetColumn column : target.columns()) {
      boolean optional =
          !column.notNull() || column.hasDefault() || column.generated() || column.alwaysIdentity();
      if (!optional && !carried.contains(column.name())) {
        String quoted = SqlName.quote(column.name());
        differences.add(
            new SchemaDifference(
                Kind.NOT_NULL,
                column.name(),
                "column "
                    + quoted
                    + " is NOT NULL without a default, and the source does not have it",
                List.of(alter("ALTER COLUMN " + quoted + " DROP NOT NULL")),
                Work.CATALOG,
                true));
      }
    }
  }

  private String alter(String action) {
    return "ALTER TABLE " + SqlName.of(target) + " " + action + ";";
  }
}
