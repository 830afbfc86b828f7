package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A target column's type beside the source's: whether a column that gets the source's type keeps
 * every value, and what PostgreSQL does for that.
 */
final class Widening {
  private static final Set<PgType> TEXTS = EnumSet.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  /** Types that exist with fewer digits or characters, which the wire does not show. */
  private static final Set<PgType> MODIFIED =
      EnumSet.of(PgType.VARCHAR, PgType.BPCHAR, PgType.TIME, PgType.TIMESTAMP, PgType.TIMESTAMPTZ);

  private final TargetColumn column;
  private final WireType item;
  private final boolean array;
  private final String sql;

  /** Whether the wire names another type, which a value may have contradicted. */
  private final boolean guessed;

  private final @Nullable PgType source;

  Widening(TargetColumn column, WireField field) {
    WireType type = field.slot().type();
    this.column = column;
    this.array = type instanceof ArrayOf;
    this.item = type instanceof ArrayOf of ? of.item().type() : type;
    this.sql = type(column, field);
    this.guessed = !sql.equals(SourceType.sql(field));
    this.source = Retype.named(array ? sql.substring(0, sql.length() - 2) : sql);
  }

  /**
   * The source's type. Its name may be another table's; a column of two bytes that cannot hold the
   * source's integers needs four.
   */
  private static String type(TargetColumn column, WireField field) {
    boolean isShort = column.type().own() == PgType.INT2 && !column.type().array();
    return isShort && field.slot().type() == Plain.INT ? "int4" : SourceType.sql(field);
  }

  /** The source's type as SQL. */
  String sql() {
    return sql;
  }

  /** Tells whether the source's type holds all of the column's values, and more. */
  boolean isWider() {
    PgType own = column.type().own();
    return own != null && source != null && isPlain(own) && isWider(own, source);
  }

  /**
   * Tells whether the wire shows that it is wider. It shows no lengths, nor whether a text is that
   * of a type unknown to it: there only a value that does not fit is a proof.
   */
  boolean isShown() {
    return isWider()
        && !guessed
        && !TEXTS.contains(Objects.requireNonNull(source))
        && !MODIFIED.contains(Objects.requireNonNull(column.type().own()));
  }

  /** Domains and arrays of arrays are nobody's plain columns. */
  private boolean isPlain(PgType own) {
    int id = column.typeOid();
    return column.type().array() == array && id == (array ? own.arrayOid() : own.oid());
  }

  private boolean isWider(PgType own, PgType to) {
    if (own == to) {
      return column.type().hasModifier()
          && (own == PgType.NUMERIC ? holdsNumeric() : MODIFIED.contains(own));
    }
    if (TEXTS.contains(to)) {
      return TEXTS.contains(own)
          ? column.type().hasModifier() && to != PgType.BPCHAR
          : to != PgType.BPCHAR && own != PgType.JSON && own != PgType.JSONB;
    }
    return switch (own) {
      case INT2 ->
          EnumSet.of(PgType.INT4, PgType.INT8, PgType.FLOAT4, PgType.FLOAT8).contains(to)
              || holdsInteger(to, 5);
      case INT4 -> to == PgType.INT8 || to == PgType.FLOAT8 || holdsInteger(to, 10);
      case INT8 -> holdsInteger(to, 19);
      case FLOAT4 -> to == PgType.FLOAT8;
      case DATE -> to == PgType.TIMESTAMP;
      case JSON -> to == PgType.JSONB;
      default -> false;
    };
  }

  /** The decimal of the wire; null if it shows neither precision nor scale. */
  private @Nullable Decimal decimal() {
    return item instanceof Decimal decimal && sql.contains("(") ? decimal : null;
  }

  private boolean holdsInteger(PgType to, int digits) {
    Decimal decimal = decimal();
    return to == PgType.NUMERIC
        && (decimal == null || decimal.precision() - decimal.scale() >= digits);
  }

  private boolean holdsNumeric() {
    TargetType own = column.type();
    Decimal decimal = decimal();
    if (decimal == null) {
      return true;
    }
    int whole = own.numericPrecision() - own.numericScale();
    int scale = decimal.scale() - own.numericScale();
    int integers = decimal.precision() - decimal.scale() - whole;
    return scale >= 0 && integers >= 0 && scale + integers > 0;
  }

  /** What PostgreSQL 13 to 18 do to give the column that type. */
  Work work() {
    PgType own = column.type().own();
    if (own == null || source == null || !isPlain(own)) {
      return Work.REWRITE;
    }
    boolean keeps = array ? own == source && !sql.contains("(") : keepsRows(own, source);
    return keeps ? Work.CATALOG : Work.REWRITE;
  }

  private boolean keepsRows(PgType own, PgType to) {
    return switch (own) {
      case VARCHAR, TEXT -> to == PgType.TEXT || to == PgType.VARCHAR;
      case NUMERIC -> to == own && (isWithoutScale() || (isWider() && keepsScale()));
      case BPCHAR, TIME, TIMESTAMP, TIMESTAMPTZ -> to == own;
      default -> false;
    };
  }

  private boolean isWithoutScale() {
    return decimal() == null;
  }

  private boolean keepsScale() {
    Decimal decimal = decimal();
    return decimal != null && decimal.scale() == column.type().numericScale();
  }
}
