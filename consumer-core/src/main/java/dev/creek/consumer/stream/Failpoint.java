package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * A place where a test can end the process as {@code kill -9} does, or make the step fail as if the
 * connection had broken. Set by the system property or environment variable {@code
 * creek.failpoints}, {@code CREEK_FAILPOINTS}: {@code before-apply=crash@3,after-claim=error}
 * crashes before the third batch, and fails after the first claim. Off without it, and then without
 * cost.
 */
@SuppressWarnings("ImmutableEnumChecker") // counting its passes is its job
public enum Failpoint {
  /** A table is about to be claimed. */
  BEFORE_CLAIM,
  /** The claim is committed; no other part knows it yet. */
  AFTER_CLAIM,
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

  private static final Logger log = LoggerFactory.getLogger(Failpoint.class);
  private static final String PROPERTY = "creek.failpoints";
  private static final String VARIABLE = "CREEK_FAILPOINTS";
  private static final int AS_IF_KILLED = 128 + 9;
  private static final String CONNECTION_FAILURE = "08006";

  private static final Map<Failpoint, Action> ACTIONS =
      parse(System.getProperty(PROPERTY, System.getenv(VARIABLE)));

  private static final boolean ON = !ACTIONS.isEmpty();

  private static final Map<Failpoint, AtomicInteger> PASSES = new ConcurrentHashMap<>();

  /**
   * @param pass number of the pass on which it happens, counted from 1
   */
  record Action(boolean crash, int pass) {}

  /** The step, with this failpoint before it. */
  public <T> Mono<T> before(Mono<T> step) {
    return ON
        ? Mono.defer(
            () -> {
              pass();
              return step;
            })
        : step;
  }

  /** The step, with this failpoint after it. */
  public <T> Mono<T> after(Mono<T> step) {
    return ON ? step.doOnSuccess(result -> pass()) : step;
  }

  private void pass() {
    Action action = ACTIONS.get(this);
    if (action == null || nextPass() != action.pass()) {
      return;
    }
    log.warn("Failpoint {}: {}", written(), action);
    if (action.crash()) {
      Runtime.getRuntime().halt(AS_IF_KILLED);
    }
    throw new DatabaseException("failpoint " + written(), CONNECTION_FAILURE, null, null, null);
  }

  private int nextPass() {
    return PASSES.computeIfAbsent(this, point -> new AtomicInteger()).incrementAndGet();
  }

  /** The form used in the property. */
  String written() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException if it cannot be read: a test whose failpoint is ignored proves
   *     nothing
   */
  static Map<Failpoint, Action> parse(@Nullable String text) {
    Map<Failpoint, Action> actions = new EnumMap<>(Failpoint.class);
    for (String part : text == null || text.isBlank() ? new String[0] : text.split(",", -1)) {
      String[] sides = part.strip().split("[=@]", -1);
      boolean crash = sides.length > 1 && sides[1].equals("crash");
      if (sides.length < 2 || sides.length > 3 || !(crash || sides[1].equals("error"))) {
        throw new IllegalArgumentException(
            PROPERTY + ": '" + part + "' is not name=crash, name=error, or either with @number");
      }
      int pass = sides.length == 3 ? Integer.parseInt(sides[2]) : 1;
      actions.put(
          valueOf(sides[0].toUpperCase(Locale.ROOT).replace('-', '_')), new Action(crash, pass));
    }
    return actions;
  }
}
