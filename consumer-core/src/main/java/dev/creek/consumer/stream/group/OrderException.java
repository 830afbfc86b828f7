package dev.creek.consumer.stream.group;

/**
 * A batch of several tables failed in a way that may depend on their order: it is to be written
 * again in the order of the source.
 */
final class OrderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long until;

  /**
   * @param until stream sequence of the end of the batch
   */
  OrderException(long until, Throwable cause) {
    super(cause.getMessage(), cause, false, false);
    this.until = until;
  }

  long until() {
    return until;
  }
}
