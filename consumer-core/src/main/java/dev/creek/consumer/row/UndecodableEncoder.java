package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;

/** The encoder of a type of which only NULL can be decoded. */
record UndecodableEncoder(String why) implements ValueEncoder {
  @Override
  public void value(AvroCursor in, ValueColumn out) {
    throw new MessageException("a value that cannot be decoded (" + why + ")");
  }
}
