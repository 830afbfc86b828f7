package dev.creek.consumer.machine;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Leaves out acts and statements as long as the same thing goes wrong, for a minute or two. */
final class Shrinker {
  private static final Duration LIMIT =
      Duration.ofSeconds(Integer.getInteger("machine.shrink.seconds", 90));

  /** Shorter than that of a verdict: what it found is tried again with that. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Servers servers;
  private CasePlan smallest;
  private Trial trial;
  private final long deadline = System.nanoTime() + LIMIT.toNanos();

  Shrinker(Servers servers, CasePlan plan, Trial trial) {
    this.servers = servers;
    this.smallest = plan;
    this.trial = trial;
  }

  CasePlan smallest() {
    return smallest;
  }

  /** Of the smallest. */
  Trial trial() {
    return trial;
  }

  /** In halves at first, then in ever smaller parts. */
  void shrink() {
    int size = smallest.numbers().size();
    for (int part = Math.max(1, size / 2); part >= 1; part /= 2) {
      while (leaveOut(part)) {}
      if (part == 1) {
        return;
      }
    }
  }

  /** False where nothing of this size could be left out, or there is no time. */
  private boolean leaveOut(int part) {
    boolean any = false;
    List<Integer> numbers = smallest.numbers();
    for (int end = numbers.size(); end > 0; end -= part) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Set<Integer> without = new HashSet<>(numbers.subList(Math.max(0, end - part), end));
      CasePlan smaller = smallest.only(number -> !without.contains(number));
      Trial again = Trial.of(servers, smaller, PATIENCE);
      if (again.isViolation() && again.kind().equals(trial.kind())) {
        smallest = smaller;
        trial = again;
        any = true;
      }
    }
    return any && part > 1;
  }
}
