package dev.creek.consumer.machine;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of a case.
 *
 * @param trouble what kept it from ending; null for nothing
 */
record Trial(List<Outcome> outcomes, List<String> log, @Nullable Throwable trouble) {
  private static final int LOGGED = 40;

  static Trial of(Servers servers, CasePlan plan) {
    return of(servers, plan, Judge.PATIENCE);
  }

  /**
   * @param timeout how long a table may be different before it says so
   */
  static Trial of(Servers servers, CasePlan plan, Duration timeout) {
    try (CaseRun run = new CaseRun(servers, plan, timeout)) {
      try {
        return new Trial(run.run(), run.log(), null);
      } catch (Exception | AssertionError e) {
        return new Trial(List.of(), run.log(), e);
      }
    } catch (Exception e) {
      return new Trial(List.of(), List.of(), e);
    }
  }

  boolean isViolation() {
    return trouble != null || outcomes.stream().anyMatch(Outcome::isViolation);
  }

  /** By which a smaller case is the same: what went wrong, without numbers and names. */
  String kind() {
    return trouble != null
        ? trouble.getClass().getSimpleName()
        : outcomes.stream()
            .filter(Outcome::isViolation)
            .map(outcome -> outcome.table() + " " + outcome.kind())
            .findFirst()
            .orElse("");
  }

  @Override
  public String toString() {
    String what =
        outcomes.stream()
            .map(outcome -> outcome.table() + " " + outcome.result() + " " + outcome.detail())
            .collect(Collectors.joining("\n  "));
    String noted =
        log.stream().limit(LOGGED).map(line -> "\n  | " + line).collect(Collectors.joining());
    return what + (trouble == null ? "" : "trouble: " + trouble) + noted;
  }
}
