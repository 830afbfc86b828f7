package dev.creek.consumer.stream;

import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A place where a test can make the process end, or the step fail. A {@link Trap} decides what
 * happens there, and only tests have one: nothing that ships provides it, so that no property and
 * no variable can halt production, and the places cost nothing.
 */
public enum Failpoint {
  /** A table is about to be claimed. */
  BEFORE_CLAIM,
  /** The claim is committed; no other part knows it yet. */
  AFTER_CLAIM,
  /** A target table is about to be altered, in an open transaction. */
  BEFORE_ALTER,
  /** It has been altered; nothing is committed. */
  AFTER_ALTER,
  /** A batch is about to be written. */
  BEFORE_APPLY,
  /** Rows and position of a transaction of several round trips are written, but not committed. */
  BEFORE_COMMIT,
  /** Rows and position are committed; no other part knows it yet. */
  AFTER_COMMIT,
  /** A chunk of a snapshot has been written. */
  SNAPSHOT_CHUNK,
  /** All of a snapshot has been loaded. */
  SNAPSHOT_LOADED,
  /** The loaded table has its indexes and constraints. */
  SNAPSHOT_BUILT,
  /**
   * The loaded table has the target's place, or the target its rows; the position has not moved.
   */
  SNAPSHOT_REPLACED,
  /** The position has moved as well; nothing is committed. */
  SNAPSHOT_MOVED,
  /** All of that is committed; no other part knows it yet. */
  SNAPSHOT_COMMITTED,
  /** A script of the control schema has run; its version is not stored. */
  MIGRATION_STEP,
  /** A command has been carried out; its outcome is not stored. */
  BEFORE_OUTCOME,
  /** The outcome is stored; no other part knows it yet. */
  AFTER_OUTCOME;

  private static final @Nullable Trap TRAP =
      ServiceLoader.load(Trap.class, Failpoint.class.getClassLoader()).findFirst().orElse(null);

  /** Acts at these places; found as a service. Thread-safe. */
  public interface Trap {
    /** The process passes the place. An exception from here is an error of the step. */
    void pass(Failpoint point);
  }

  /**
   * Looks the trap up, unless that has been done. Reads files: to be called where blocking is
   * allowed, before the first step, which may run on an event loop.
   */
  public static void load() {
    // The initialization of this class has done it by now.
  }

  /** The step, with this failpoint before it. */
  public <T> Mono<T> before(Mono<T> step) {
    Trap trap = TRAP;
    return trap == null
        ? step
        : Mono.defer(
            () -> {
              trap.pass(this);
              return step;
            });
  }

  /** The step, with this failpoint after it. */
  public <T> Mono<T> after(Mono<T> step) {
    Trap trap = TRAP;
    return trap == null ? step : step.doOnSuccess(result -> trap.pass(this));
  }
}
