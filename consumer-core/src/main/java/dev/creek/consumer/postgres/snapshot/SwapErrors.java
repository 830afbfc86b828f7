package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import java.util.Set;

/** Classifies errors of a swap. */
final class SwapErrors {
  /** Lock not available, deadlock, serialization failure. */
  private static final Set<String> BUSY = Set.of("55P03", "40P01", "40001");

  /**
   * Connection, integrity of the rows, state of the server, resources, operator, system: errors
   * that occur without a swap, too.
   */
  private static final Set<String> ELSEWHERE = Set.of("08", "23", "25", "53", "57", "58");

  private SwapErrors() {}

  /** The catalog shows that the table cannot be swapped any more. */
  static final class NoSwap extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoSwap(String reason) {
      super(reason, null, false, false);
    }
  }

  /** Tells whether another attempt may succeed. */
  static boolean isBusy(Throwable error) {
    String state = SqlErrors.sqlState(error);
    return state != null && BUSY.contains(state);
  }

  /** Tells whether the rows can still be brought in without a swap. */
  static boolean rulesOutASwap(Throwable error) {
    String state = SqlErrors.sqlState(error);
    return error instanceof NoSwap
        || (state != null && !isBusy(error) && !ELSEWHERE.contains(state.substring(0, 2)));
  }

  static String reason(Throwable error) {
    return error instanceof NoSwap
        ? String.valueOf(error.getMessage())
        : String.valueOf(
            SqlErrors.described(error, "PostgreSQL refuses", SqlHints.NONE).getMessage());
  }
}
