package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.wire.WireField;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The statement that gives a target column the source's type. */
public final class Retype {
  private static final Set<PgType> TEXTS = EnumSet.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  /** Types that PostgreSQL converts to each other when a column's type is altered. */
  private static final List<Set<PgType>> FAMILIES =
      List.of(
          EnumSet.of(
              PgType.INT2, PgType.INT4, PgType.INT8, PgType.NUMERIC, PgType.FLOAT4, PgType.FLOAT8),
          EnumSet.of(PgType.DATE, PgType.TIMESTAMP, PgType.TIMESTAMPTZ),
          EnumSet.of(PgType.JSON, PgType.JSONB),
          TEXTS);

  private Retype() {}

  /**
   * An {@code ALTER TABLE … ALTER COLUMN … TYPE …;} that PostgreSQL accepts. It converts by the
   * values' text if PostgreSQL has no cast.
   *
   * @param column of the target, with the field's name
   */
  public static String sql(TargetShape target, TargetColumn column, WireField field) {
    return sql(target, column, new Widening(column, field).sql());
  }

  /**
   * The difference of the types, for a value that the column cannot hold.
   *
   * @param column of the target, with the field's name
   */
  public static SchemaDifference refused(TargetShape target, TargetColumn column, WireField field) {
    return difference(target, column, new Widening(column, field), true);
  }

  static SchemaDifference difference(
      TargetShape target, TargetColumn column, Widening widening, boolean required) {
    return new SchemaDifference(
        widening.isWider() ? SchemaDifference.Kind.TYPE_WIDER : SchemaDifference.Kind.TYPE_OTHER,
        column.name(),
        "column %s is %s, which cannot hold every %s"
            .formatted(SqlName.quote(column.name()), column.type().display(), widening.sql()),
        List.of(sql(target, column, widening.sql())),
        widening.work(),
        required);
  }

  /**
   * The same for a given type.
   *
   * @param type the column's new type, as SQL
   */
  public static String sql(TargetShape target, TargetColumn column, String type) {
    String quoted = SqlName.quote(column.name());
    String using = becomes(column.type(), type) ? "" : " USING " + quoted + "::text::" + type;
    return "ALTER TABLE "
        + SqlName.of(target)
        + " ALTER COLUMN "
        + quoted
        + " TYPE "
        + type
        + using
        + ";";
  }

  /** Tells whether PostgreSQL casts a column's values to that type without a USING clause. */
  static boolean becomes(TargetType from, String type) {
    boolean array = type.endsWith("[]");
    PgType to = named(array ? type.substring(0, type.length() - 2) : type);
    if (!array && TEXTS.contains(to)) {
      return true;
    }
    PgType own = from.own();
    return array == from.array()
        && own != null
        && (own == to
            || TEXTS.contains(to)
            || FAMILIES.stream().anyMatch(family -> family.contains(own) && family.contains(to)));
  }

  static @Nullable PgType named(String type) {
    int modifier = type.indexOf('(');
    String name = modifier < 0 ? type : type.substring(0, modifier);
    for (PgType named : PgType.values()) {
      if (named.sqlName().equals(name)) {
        return named;
      }
    }
    return null;
  }
}
