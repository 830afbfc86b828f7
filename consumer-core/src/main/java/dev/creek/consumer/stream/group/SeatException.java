package dev.creek.consumer.stream.group;

import dev.creek.consumer.stream.FailurePolicy;
import java.util.Objects;

/** The cause why one member cannot go on with the others. */
final class SeatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Seat seat;

  SeatException(Seat seat, Throwable cause) {
    super(cause.getMessage(), cause);
    this.seat = seat;
  }

  boolean mayDependOnOtherTables() {
    return FailurePolicy.mayDependOnOtherTables(Objects.requireNonNull(getCause()));
  }

  Seat seat() {
    return seat;
  }
}
