package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.WireException;

/** Stands where only NULL can be understood. */
record UndecodableEncoder(String why) implements ValueEncoder {
  @Override
  public void value(AvroCursor in, ValueColumn out) {
    throw new WireException("a value that cannot be decoded (" + why + ")");
  }
}
