package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.wire.AvroCursor;
import java.util.List;

/**
 * Stops at the first value that would not be stored as it is.
 *
 * @param guard checks each value
 * @param encoder writes it
 * @param reason description of such a value, without the value
 * @param refused the difference of the types, and the statement that ends it
 */
record GuardedEncoder(
    ValueGuard guard, ValueEncoder encoder, String reason, SchemaDifference refused)
    implements ValueEncoder {

  @Override
  public void value(AvroCursor in, ValueColumn out) {
    int at = in.position();
    if (!guard.keeps(in)) {
      throw new ShapeMismatchException(reason, List.of(refused));
    }
    in.back(at);
    encoder.value(in, out);
  }

  @Override
  public void infinity(boolean negative, ValueColumn out) throws MessageException {
    encoder.infinity(negative, out);
  }
}
