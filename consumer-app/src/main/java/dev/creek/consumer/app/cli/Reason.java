package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.text.ErrorWords;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/** The reason of a failure in words for the user: what happened and the remedy. */
final class Reason {
  private Reason() {}

  static String of(Throwable error) {
    Throwable cause = Exceptions.unwrap(error);
    String said = cause.getMessage();
    String message =
        said == null || said.isBlank()
            ? cause.getClass().getSimpleName()
            : ErrorWords.described(cause);
    String hint = hint(cause);
    return hint == null ? message : message + " (hint: " + hint + ")";
  }

  private static @Nullable String hint(Throwable cause) {
    if (cause instanceof ShapeMismatchException mismatch) {
      return mismatch.hint();
    }
    if (cause instanceof SnapshotException refused) {
      return refused.hint();
    }
    if (cause instanceof BrokerException.Unavailable unavailable) {
      return unavailable.hint();
    }
    return cause instanceof DatabaseException refused ? refused.hint() : null;
  }
}
