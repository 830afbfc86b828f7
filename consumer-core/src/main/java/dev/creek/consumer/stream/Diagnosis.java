package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Operations.Prospect;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * The meaning of an error for whoever requested the failed work.
 *
 * @param reason what failed
 * @param hint the remedy; null if nothing need be done, or nothing is known
 * @param prospect whether it may pass by itself
 */
public record Diagnosis(String reason, @Nullable String hint, Prospect prospect) {

  /** The same judgement as that of a table's pipeline. */
  public static Diagnosis of(Throwable error, TargetTable table) {
    Throwable cause = Exceptions.unwrap(error);
    if (cause instanceof IllegalArgumentException) {
      // Names that the broker cannot have; the message is for the user.
      return new Diagnosis(String.valueOf(cause.getMessage()), null, Prospect.NONE);
    }
    if (cause instanceof SnapshotException unusable) {
      return new Diagnosis(String.valueOf(cause.getMessage()), unusable.hint(), Prospect.NONE);
    }
    if (cause instanceof HeldException) {
      return new Diagnosis(String.valueOf(cause.getMessage()), null, Prospect.PASSES);
    }
    if (cause instanceof BrokerException.Denied denied) {
      return new Diagnosis("broker: " + denied.getMessage(), denied.hint(), Prospect.NONE);
    }
    Verdict verdict = FailurePolicy.classify(error, table);
    if (verdict instanceof Verdict.Retry retry) {
      return new Diagnosis(retry.reason(), retry.hint(), prospect(cause));
    }
    if (verdict instanceof Verdict.LetGo letGo) {
      return new Diagnosis(letGo.reason(), null, Prospect.PASSES);
    }
    TableState stuck = verdict.stopped(table);
    return new Diagnosis(String.valueOf(stuck.reason()), stuck.hint(), Prospect.NONE);
  }

  /** Something that does not exist is no outage: a long wait does not help. */
  private static Prospect prospect(Throwable cause) {
    if (cause instanceof BrokerException.NoProducer) {
      return Prospect.AWAITED;
    }
    if (cause instanceof BrokerException.Unanswered unanswered) {
      return unanswered.hint() == null ? Prospect.MAY_COME : Prospect.UNLIKELY;
    }
    return Prospect.PASSES;
  }
}
