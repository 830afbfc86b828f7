package dev.creek.consumer.row;

import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WireField;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Changes an empty copy of a target table so that it takes the source's rows. */
public final class Rebuild {
  private Rebuild() {}

  /**
   * Actions of one {@code ALTER TABLE}, for a table without rows. Missing columns are added, and
   * columns whose type cannot hold every value of the source's type get that type. All others stay.
   * A default is dropped if PostgreSQL would have to guess how to cast it.
   */
  public static List<String> actions(RecordShape rows, TargetShape target) {
    Map<String, TargetColumn> columns =
        target.columns().stream()
            .collect(Collectors.toMap(TargetColumn::name, Function.identity()));
    return rows.columns().stream()
        .flatMap(field -> actions(field, columns.get(field.name())))
        .toList();
  }

  private static Stream<String> actions(WireField field, @Nullable TargetColumn column) {
    String quoted = SqlName.quote(field.name());
    String type = SourceType.sql(field);
    if (column == null) {
      return Stream.of("ADD COLUMN " + quoted + " " + type);
    }
    if (column.generated() || !(Fits.of(field, column) instanceof Fit.Never)) {
      return Stream.empty();
    }
    boolean drops = column.hasDefault() && !column.alwaysIdentity();
    return Stream.concat(
        drops && !Retype.becomes(column.type(), type)
            ? Stream.of("ALTER COLUMN " + quoted + " DROP DEFAULT")
            : Stream.empty(),
        Stream.of("ALTER COLUMN " + quoted + " TYPE " + type + " USING NULL"));
  }

  /**
   * The table's shape with the columns of such a copy, under the table's own name: messages name
   * that, and the columns in which values may change stay the same.
   */
  public static TargetShape shape(TargetShape target, TargetShape copy) {
    List<String> lossy =
        target.columns().stream().filter(TargetColumn::lossy).map(TargetColumn::name).toList();
    return new TargetShape(
        target.namespace(),
        target.table(),
        copy.columns().stream().map(column -> column.lossy(lossy.contains(column.name()))).toList(),
        copy.uniqueKeys(),
        copy.deferrableKeys(),
        copy.truncatable());
  }
}
