package dev.creek.consumer.app.http;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reasons why a table's rows may differ from its source's.
 *
 * @param causes words of a fixed list, one per reason
 * @param reasons sentences for the user, oldest first; empty if there is none
 * @param since time of the first; null if it is not known
 * @param hint the command that clears it
 */
public record IncompletenessView(
    List<String> causes, List<String> reasons, @Nullable Instant since, @Nullable String hint) {
  /** No reason is known. */
  public static final IncompletenessView NONE =
      new IncompletenessView(List.of(), List.of(), null, null);

  public IncompletenessView {
    causes = List.copyOf(causes);
    reasons = List.copyOf(reasons);
  }

  boolean isNone() {
    return reasons.isEmpty();
  }
}
