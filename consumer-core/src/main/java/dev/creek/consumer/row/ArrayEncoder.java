package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.WireType.Slot;

/**
 * An Avro array in PostgreSQL's binary format of arrays. Only for COPY, which sends row after row;
 * arrays for {@code unnest} are sent as {@link ArrayLiteralEncoder text}.
 */
final class ArrayEncoder implements ValueEncoder {
  /** After the value's length word: number of dimensions, and the flag for NULLs. */
  private static final int FLAGS_AT = 8;

  private static final int COUNT_AT = 16;
  private static final int EMPTY_BYTES = 16;

  private final Slot item;
  private final PgType type;
  private final ValueEncoder encoder;

  /**
   * @param item the slot of one item
   * @param type type of the items
   * @param encoder writes an item as that type
   */
  ArrayEncoder(Slot item, PgType type, ValueEncoder encoder) {
    this.item = item;
    this.type = type;
    this.encoder = encoder;
  }

  @Override
  public void value(AvroCursor in, ValueColumn out) {
    int mark = out.open();
    out.putInt(1);
    out.putInt(0);
    out.putInt(type.oid());
    out.putInt(0);
    out.putInt(1);
    int count = 0;
    boolean hasNull = false;
    for (int items = in.readBlock(); items != 0; items = in.readBlock()) {
      for (int i = 0; i < items; i++) {
        hasNull |= addItem(in, out);
      }
      count += items;
    }
    if (count == 0) {
      out.setInt(mark + 4, 0);
      out.truncate(mark + EMPTY_BYTES);
    } else {
      out.setInt(mark + FLAGS_AT, hasNull ? 1 : 0);
      out.setInt(mark + COUNT_AT, count);
    }
    out.close(mark);
  }

  /** Returns true if the item was NULL. */
  private boolean addItem(AvroCursor in, ValueColumn out) {
    int branch = in.readBranch(item);
    if (branch == item.valueBranch()) {
      encoder.value(in, out);
    } else if (branch == item.nullBranch()) {
      out.addNull();
      return true;
    } else {
      encoder.infinity(!in.readInfinityIsPositive(), out);
    }
    return false;
  }
}
