package dev.creek.consumer.row;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;
import java.util.List;

/**
 * Writes integers into a narrower column. The first integer that does not fit is an error of the
 * column, not of the message. The encoder checks the range anyway, so this costs nothing.
 *
 * @param encoder writes them
 * @param reason description of a value that does not fit, without the value
 * @param refused the difference of the types, and the statement that ends it
 */
record BoundedEncoder(FixedEncoder encoder, String reason, SchemaDifference refused)
    implements ValueEncoder {

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
      throw new ShapeMismatchException(reason, List.of(refused));
    }
  }
}
