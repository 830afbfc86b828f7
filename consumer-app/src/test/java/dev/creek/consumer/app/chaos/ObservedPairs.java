package dev.creek.consumer.app.chaos;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.app.chaos.Fault.Effect;
import dev.creek.consumer.testing.InvariantObserver;
import java.io.PrintStream;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Tables that each source transaction changes alike, and an observer of the target that looks
 * whether they are. Neither is there where tables are applied alone, which promises nothing.
 */
final class ObservedPairs implements AutoCloseable {
  private final @Nullable PairedTables pairs;
  private final @Nullable InvariantObserver observer;
  private long allowed;

  private ObservedPairs(@Nullable PairedTables pairs, @Nullable InvariantObserver observer) {
    this.pairs = pairs;
    this.observer = observer;
  }

  static ObservedPairs of(Grouping grouping, Installation all, long seed) {
    return grouping == Grouping.TABLE
        ? new ObservedPairs(null, null)
        : new ObservedPairs(
            PairedTables.start(all.source(), new Random(seed)),
            InvariantObserver.start(all.target(), PairedTables.INVARIANT));
  }

  PairedTables.Pause pause() {
    return pairs == null ? () -> {} : pairs.pause();
  }

  /**
   * Holds after a fault: no source transaction was seen in parts. One may be where its producer, or
   * the broker, was away in the middle of it for longer than the service lingers, or lost a part.
   */
  void requireWhole(Fault fault) {
    if (observer == null) {
      return;
    }
    InvariantObserver.Findings findings = observer.findings();
    boolean interrupted = fault.effect() == Effect.REPEATED || fault.effect() == Effect.GAP;
    if (interrupted) {
      allowed = findings.broken();
    } else if (findings.broken() > allowed) {
      throw new AssertionError("a source transaction was seen in parts: " + findings);
    }
  }

  void report(PrintStream out) {
    if (observer != null) {
      out.println("observer: " + observer.findings());
    }
  }

  @Override
  public void close() {
    if (pairs != null) {
      pairs.close();
    }
    if (observer != null) {
      observer.close();
    }
  }
}
