package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;

/** Stands where only NULL can be understood. */
record UndecodableEncoder(String why) implements ValueEncoder {
  @Override
  public void value(AvroCursor in, ValueColumn out) {
    throw new MessageException("a value that cannot be decoded (" + why + ")");
  }
}
