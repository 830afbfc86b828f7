package dev.creek.consumer.testing.producer;

/** The wire has no form for a value. The message says which kind of value, never the value. */
final class UnencodableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnencodableException(String why) {
    // No stack: with the real producer's defects on, this is an ordinary thing for a row.
    super(why, null, false, false);
  }
}
