package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.WireType.Slot;

/** Reads one slot, whichever branch its union has, and adds exactly one PostgreSQL value. */
final class SlotTranscoder {
  private final Slot slot;
  private final ValueEncoder encoder;

  SlotTranscoder(Slot slot, ValueEncoder encoder) {
    this.slot = slot;
    this.encoder = encoder;
  }

  void transcode(AvroCursor in, ValueColumn out) {
    int branch = in.readBranch(slot);
    if (branch == slot.valueBranch()) {
      encoder.value(in, out);
    } else if (branch == slot.nullBranch()) {
      out.addNull();
    } else {
      encoder.infinity(!in.readInfinityIsPositive(), out);
    }
  }
}
