package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.WireType.Slot;

/**
 * An Avro array as the text of a PostgreSQL array literal. Text is used because a column of arrays
 * in binary would be an array of arrays, which {@code unnest} flattens.
 */
final class ArrayLiteralEncoder implements ValueEncoder {
  private static final byte[] NULL = {'N', 'U', 'L', 'L'};

  private final Slot item;
  private final ValueEncoder text;

  /**
   * @param item the slot of one item
   * @param text writes the text of one item, quoted if necessary
   */
  ArrayLiteralEncoder(Slot item, ValueEncoder text) {
    this.item = item;
    this.text = text;
  }

  @Override
  public void value(AvroCursor in, ValueColumn out) {
    int mark = out.open();
    out.put('{');
    boolean first = true;
    for (int items = in.readBlock(); items != 0; items = in.readBlock()) {
      for (int i = 0; i < items; i++) {
        if (!first) {
          out.put(',');
        }
        first = false;
        putItem(in, out);
      }
    }
    out.put('}');
    out.close(mark);
  }

  private void putItem(AvroCursor in, ValueColumn out) {
    int branch = in.readBranch(item);
    if (branch == item.valueBranch()) {
      text.value(in, out);
    } else if (branch == item.nullBranch()) {
      out.put(NULL, 0, NULL.length);
    } else {
      text.infinity(!in.readInfinityIsPositive(), out);
    }
  }
}
