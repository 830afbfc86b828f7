package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Plain;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All differences between a source's schema and its target table, with the statements that end
 * them, and what a policy makes of each. Immutable.
 */
public final class SchemaPlan {
  private final TargetShape target;
  private final List<SchemaDifference> differences;

  private SchemaPlan(TargetShape target, List<SchemaDifference> differences) {
    this.target = target;
    this.differences = List.copyOf(differences);
  }

  /**
   * The plan for a schema of changes.
   *
   * @param gone columns of the target that earlier changes carried and later ones do not
   * @param policy decides whether columns that do not fit can be left as they are
   */
  public static SchemaPlan of(
      WalSchema schema, TargetShape target, Collection<String> gone, SchemaPolicy policy) {
    var compiler = new PlanCompiler(schema.after(), target, misfits(policy));
    return of(compiler.differences(schema), schema.after(), target, gone);
  }

  /** The same for the rows of a snapshot, whose key is no difference. */
  public static SchemaPlan of(
      RecordShape snapshot, TargetShape target, Collection<String> gone, SchemaPolicy policy) {
    var compiler = new PlanCompiler(snapshot, target, misfits(policy));
    return of(compiler.differences(), snapshot, target, gone);
  }

  /** What a plan of changes does with columns that do not fit. */
  public static Misfits misfits(SchemaPolicy policy) {
    return policy == SchemaPolicy.IGNORE ? Misfits.IGNORE : Misfits.STOP;
  }

  private static SchemaPlan of(
      List<SchemaDifference> fitting,
      RecordShape rows,
      TargetShape target,
      Collection<String> gone) {
    var left = new LinkedHashSet<>(gone);
    var all = new ArrayList<SchemaDifference>();
    for (SchemaDifference difference : fitting) {
      all.add(
          difference.kind() == Kind.COLUMN_ADDED
              ? renamedOrAdded(difference, field(rows, difference.column()), target, left)
              : difference);
    }
    left.forEach(column -> all.add(gone(target, column)));
    return new SchemaPlan(target, all);
  }

  private static WireField field(RecordShape rows, String name) {
    return rows.columns().stream()
        .filter(field -> field.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Takes the column that it may have been from those that are gone. */
  private static SchemaDifference renamedOrAdded(
      SchemaDifference added, WireField field, TargetShape target, Set<String> left) {
    return target.columns().stream()
        .filter(column -> left.contains(column.name()) && isSameType(column.type(), field))
        .findFirst()
        .map(
            column -> {
              left.remove(column.name());
              return renamed(added, column.name(), target);
            })
        .orElse(added);
  }

  /** Tells whether it is the same type as far as the wire shows it. */
  private static boolean isSameType(TargetType type, WireField field) {
    WireType whole = field.slot().type();
    boolean array = whole instanceof ArrayOf;
    WireType item = whole instanceof ArrayOf of ? of.item().type() : whole;
    String sql = SourceType.sql(field);
    @Nullable PgType source = Retype.named(array ? sql.substring(0, sql.length() - 2) : sql);
    return type.array() == array
        && (type.own() == null ? item == Plain.STRING : type.own() == source);
  }

  private static SchemaDifference renamed(
      SchemaDifference added, String former, TargetShape target) {
    String from = SqlName.quote(former);
    String to = SqlName.quote(added.column());
    String table = "ALTER TABLE " + SqlName.of(target);
    return new SchemaDifference(
        Kind.RENAMED,
        added.column(),
        "column %s is gone and %s, of the same type, is new: it looks like a rename, which the wire does not show"
            .formatted(from, to),
        List.of(
            "%s RENAME COLUMN %s TO %s; -- if it was renamed".formatted(table, from, to),
            "%s -- if they are two columns".formatted(added.sql().get(0))),
        Work.CATALOG,
        true);
  }

  private static SchemaDifference gone(TargetShape target, String column) {
    String quoted = SqlName.quote(column);
    return new SchemaDifference(
        Kind.COLUMN_GONE,
        column,
        "column " + quoted + " is gone from the source",
        List.of("ALTER TABLE " + SqlName.of(target) + " DROP COLUMN " + quoted + ";"),
        Work.CATALOG,
        false);
  }

  /** In the order in which they can be ended. */
  public List<SchemaDifference> differences() {
    return differences;
  }

  /**
   * Those that a policy ends by their statements.
   *
   * @throws ShapeMismatchException if it stops the table because of others; it names all of these
   */
  public List<SchemaDifference> toEnd(SchemaPolicy policy) {
    if (differences.stream().anyMatch(difference -> stops(policy, difference))) {
      throw PlanCompiler.mismatch(target, with(difference -> isToDo(policy, difference)).toList());
    }
    return with(difference -> ends(policy, difference)).toList();
  }

  /** Whoever acts for one difference had better end those that will stop the table next. */
  private static boolean isToDo(SchemaPolicy policy, SchemaDifference difference) {
    return stops(policy, difference)
        || ends(policy, difference)
        || difference.kind() == Kind.TYPE_WIDER;
  }

  private Stream<SchemaDifference> with(Predicate<SchemaDifference> wanted) {
    return differences.stream().filter(wanted);
  }

  /** Tells whether a policy ends a difference by its statements. */
  public static boolean ends(SchemaPolicy policy, SchemaDifference difference) {
    return switch (difference.kind()) {
      case COLUMN_ADDED, TYPE_WIDER -> policy.alters();
      case NOT_NULL, KEY, ENUM_LABEL -> policy == SchemaPolicy.FOLLOW;
      case TYPE_OTHER, COLUMN_GONE, RENAMED, KEY_UNUSABLE -> false;
    };
  }

  private static boolean stops(SchemaPolicy policy, SchemaDifference difference) {
    if (ends(policy, difference)) {
      return false;
    }
    return difference.required()
        || (difference.kind() == Kind.COLUMN_GONE && policy == SchemaPolicy.STOP);
  }
}
