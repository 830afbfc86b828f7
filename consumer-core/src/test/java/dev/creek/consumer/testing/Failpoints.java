package dev.creek.consumer.testing;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.stream.Failpoint;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens at each {@link Failpoint}, by the system property {@value #PROPERTY}: {@code
 * before-apply=crash@3,after-claim=error} ends the process as {@code kill -9} does before the third
 * batch, and lets the step behind the first claim fail as if the connection had broken. Nothing
 * happens without the property.
 */
public final class Failpoints implements Failpoint.Trap {
  public static final String PROPERTY = "creek.failpoints";

  private static final Logger log = LoggerFactory.getLogger(Failpoints.class);
  private static final int AS_IF_KILLED = 128 + 9;
  private static final String CONNECTION_FAILURE = "08006";

  private final Map<Failpoint, Action> actions;
  private final Map<Failpoint, AtomicInteger> passes = new ConcurrentHashMap<>();

  /** As the property says. */
  public Failpoints() {
    this(System.getProperty(PROPERTY));
  }

  /**
   * @throws IllegalArgumentException where it cannot be read: a test that fails nowhere proves
   *     nothing
   */
  Failpoints(@Nullable String text) {
    this.actions = parse(text);
  }

  /**
   * @param pass the one on which it happens, counted from 1
   */
  record Action(boolean crash, int pass) {}

  @Override
  public void pass(Failpoint point) {
    Action action = actions.get(point);
    if (action == null || nextPass(point) != action.pass()) {
      return;
    }
    log.warn("Failpoint {}: {}", written(point), action);
    if (action.crash()) {
      Runtime.getRuntime().halt(AS_IF_KILLED);
    }
    throw new DatabaseException(
        "failpoint " + written(point), CONNECTION_FAILURE, null, null, null);
  }

  private int nextPass(Failpoint point) {
    return passes.computeIfAbsent(point, any -> new AtomicInteger()).incrementAndGet();
  }

  /** As in the property. */
  public static String written(Failpoint point) {
    return point.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

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
          Failpoint.valueOf(sides[0].toUpperCase(Locale.ROOT).replace('-', '_')),
          new Action(crash, pass));
    }
    return actions;
  }
}
