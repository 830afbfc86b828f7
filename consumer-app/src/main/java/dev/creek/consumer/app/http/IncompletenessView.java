package dev.creek.consumer.app.http;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a table's rows may differ from its source's.
 *
 * @param causes words of a fixed list, one a reason
 * @param reasons for people, oldest first; empty where there is no doubt
 * @param since when the first began; null where that is not known
 * @param hint what clears it
 */
public record IncompletenessView(
    List<String> causes, List<String> reasons, @Nullable Instant since, @Nullable String hint) {
  /** Nothing is known that says that rows differ. */
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
