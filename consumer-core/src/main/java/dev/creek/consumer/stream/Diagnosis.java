package dev.creek.consumer.stream;

import dev.creek.consumer.control.TargetTable;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * What an error means, for whoever asked for something that failed.
 *
 * @param reason what failed
 * @param hint what helps; null where nothing need be done, or nothing is known
 * @param passing whether it may pass by itself
 */
public record Diagnosis(String reason, @Nullable String hint, boolean passing) {

  /** The same judgement as a table's line makes. */
  public static Diagnosis of(Throwable error, TargetTable table) {
    Throwable cause = Exceptions.unwrap(error);
    if (cause instanceof IllegalArgumentException) {
      // Names that the broker cannot have, said in words for the user.
      return new Diagnosis(String.valueOf(cause.getMessage()), null, false);
    }
    if (cause instanceof SnapshotException unusable) {
      return new Diagnosis(String.valueOf(cause.getMessage()), unusable.hint(), false);
    }
    if (cause instanceof HeldException) {
      return new Diagnosis(String.valueOf(cause.getMessage()), null, true);
    }
    if (cause instanceof LogException.Denied denied) {
      return new Diagnosis("broker: " + denied.getMessage(), denied.hint(), false);
    }
    Verdict verdict = FailurePolicy.classify(error, table);
    if (verdict instanceof Verdict.Retry retry) {
      return new Diagnosis(retry.reason(), null, true);
    }
    if (verdict instanceof Verdict.LetGo letGo) {
      return new Diagnosis(letGo.reason(), null, true);
    }
    TableState stuck = TableState.stuck(verdict, table);
    return new Diagnosis(String.valueOf(stuck.reason()), stuck.hint(), false);
  }
}
