package dev.creek.consumer.row;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;

/**
 * Integers into a narrower column: the first that it cannot hold is for the column to mend, not for
 * the message. Costs nothing more than the encoder's own look at the range.
 *
 * @param encoder writes them
 * @param reason what to say of one that does not fit, without the value
 * @param hint the statement that mends it
 */
record BoundedEncoder(FixedEncoder encoder, String reason, String hint) implements ValueEncoder {

  /** A number is too large, or too small. */
  static final class OutOfRange extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfRange() {
      super("out of range", null, false, false);
    }
  }

  @Override
  public void value(AvroCursor in, ValueColumn out) {
    try {
      encoder.value(in, out);
    } catch (OutOfRange e) {
      throw new ShapeMismatchException(reason, hint);
    }
  }
}
