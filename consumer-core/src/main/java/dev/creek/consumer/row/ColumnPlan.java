package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Undecodable;
import org.jspecify.annotations.Nullable;

/**
 * A wire column and its target column. Before and after images of a row differ in their slots, but
 * a column is always sent as the same type. This makes their keys comparable.
 *
 * @param target the target column
 * @param column the form in which it is sent
 * @param loss treatment of values that it would not store as they are
 */
record ColumnPlan(TargetColumn target, PlanColumn column, Loss loss) {

  /**
   * Stops at values that a column would not store as they are.
   *
   * @param guard finds them; null if they are found when they are written, or cannot occur
   * @param reason description of such a value
   * @param refused the difference of the types, and the statement that ends it
   */
  record Loss(@Nullable ValueGuard guard, String reason, SchemaDifference refused) {}

  static ColumnPlan of(WireField field, TargetColumn target, Loss loss) {
    WireType type = type(field, target);
    PgType own = PgType.ofOid(target.typeOid());
    boolean direct =
        own != null
            && (type instanceof ArrayOf
                ? own == PgType.TEXT
                : Transcodings.encoder(type, own) != null);
    return new ColumnPlan(
        target,
        direct && own != null
            ? new PlanColumn(target.name(), own, null)
            : new PlanColumn(
                target.name(), Transcodings.natural(type, field.pgType()), target.typeSql()),
        loss);
  }

  String name() {
    return column.name();
  }

  /** The transcoder for an image in which the column is {@code field}. */
  SlotTranscoder transcoder(WireField field) {
    return new SlotTranscoder(field.slot(), encoder(field));
  }

  /**
   * As {@link #transcoder}, into the target column's own type, as COPY needs it; null if only
   * PostgreSQL can convert to that type.
   */
  @Nullable SlotTranscoder copyTranscoder(WireField field) {
    if (column.cast() == null) {
      return transcoder(field);
    }
    PgType item = PgType.ofArrayOid(target.typeOid());
    if (item == null || !(type(field, target) instanceof ArrayOf array)) {
      return null;
    }
    ValueEncoder encoder = Transcodings.encoder(array.item().type(), item);
    return encoder == null
        ? null
        : new SlotTranscoder(field.slot(), new ArrayEncoder(array.item(), item, guarded(encoder)));
  }

  /** As {@link #transcoder}, into bytes that are equal if PostgreSQL's values are. */
  SlotTranscoder keyTranscoder(WireField field) {
    boolean padded = column.sentAs() == PgType.BPCHAR && bare(field) == BytesEncoder.TEXT;
    return new SlotTranscoder(
        field.slot(), padded ? guarded(BytesEncoder.BPCHAR_KEY) : encoder(field));
  }

  private ValueEncoder encoder(WireField field) {
    return type(field, target) instanceof ArrayOf array
        ? Transcodings.arrayEncoder(
            array, guarded(Transcodings.itemText(array.item().type(), zoned(field))))
        : guarded(bare(field));
  }

  private ValueEncoder guarded(ValueEncoder encoder) {
    if (loss.guard() != null) {
      return new GuardedEncoder(loss.guard(), encoder, loss.reason(), loss.refused());
    }
    return encoder instanceof FixedEncoder fixed && fixed.isBounded()
        ? new BoundedEncoder(fixed, loss.reason(), loss.refused())
        : encoder;
  }

  /** The encoder of a value that is no array. */
  private ValueEncoder bare(WireField field) {
    WireType type = type(field, target);
    ValueEncoder encoder = Transcodings.encoder(type, column.sentAs());
    if (encoder == null) {
      throw new IllegalArgumentException(
          "column " + SqlName.quote(name()) + " differs between the before and the after image");
    }
    return encoder;
  }

  private boolean zoned(WireField field) {
    PgType item = PgType.ofArrayOid(target.typeOid());
    return item == null ? field.pgType().equals("_timestamptz") : item == PgType.TIMESTAMPTZ;
  }

  /**
   * The type to decode. OLD publishes a numeric as plain bytes if it does not know precision and
   * scale, and the type name beside it may be another table's. If the target is numeric, the bytes
   * are not the text of a json.
   */
  private static WireType type(WireField field, TargetColumn target) {
    WireType type = field.slot().type();
    if (type == Plain.BYTES && target.typeOid() == PgType.NUMERIC.oid()) {
      return new Undecodable("numeric without precision and scale");
    }
    return type;
  }
}
