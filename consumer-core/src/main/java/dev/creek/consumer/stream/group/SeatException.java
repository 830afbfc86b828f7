package dev.creek.consumer.stream.group;

/** The cause why one member cannot go on with the others. */
final class SeatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Seat seat;

  SeatException(Seat seat, Throwable cause) {
    super(cause.getMessage(), cause);
    this.seat = seat;
  }

  Seat seat() {
    return seat;
  }
}
