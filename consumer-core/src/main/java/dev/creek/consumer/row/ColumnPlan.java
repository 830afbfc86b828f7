package dev.creek.consumer.row;

import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Undecodable;
import org.jspecify.annotations.Nullable;

/**
 * A wire column and the target column that takes it. Before and after images of a row differ in
 * their slots, never in what a column is sent as: that is what makes their keys comparable.
 *
 * @param target the target column
 * @param column how it is sent
 * @param loss what to do about values that it would not store as they are
 */
record ColumnPlan(TargetColumn target, PlanColumn column, Loss loss) {

  /**
   * Stops at values that a column would not store as they are.
   *
   * @param guard finds them; null where they are found as they are written, if there are any
   * @param reason what to say then
   * @param hint the statement that mends it
   */
  record Loss(@Nullable ValueGuard guard, String reason, String hint) {}

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

  /** Transcodes the column where an image writes it as {@code field}. */
  SlotTranscoder transcoder(WireField field) {
    return new SlotTranscoder(field.slot(), encoder(field));
  }

  /**
   * As {@link #transcoder}, into the target column's own type, as COPY wants it; null where only
   * PostgreSQL knows how.
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

  /** As {@link #transcoder}, into bytes that are equal where PostgreSQL's values are. */
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
      return new GuardedEncoder(loss.guard(), encoder, loss.reason(), loss.hint());
    }
    return encoder instanceof FixedEncoder fixed && fixed.isBounded()
        ? new BoundedEncoder(fixed, loss.reason(), loss.hint())
        : encoder;
  }

  /** Of what is no array. */
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
   * OLD publishes a numeric whose precision and scale it cannot tell as plain bytes, and the type
   * name beside it may be another table's: what goes to a numeric is not the text of a json.
   */
  private static WireType type(WireField field, TargetColumn target) {
    WireType type = field.slot().type();
    if (type == Plain.BYTES && target.typeOid() == PgType.NUMERIC.oid()) {
      return new Undecodable("numeric without precision and scale");
    }
    return type;
  }
}
