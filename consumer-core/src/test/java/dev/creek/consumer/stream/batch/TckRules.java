package dev.creek.consumer.stream.batch;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.testng.SkipException;
import org.testng.annotations.Test;

/**
 * The rules of a Reactive Streams verification as JUnit's tests. The kit is written for TestNG, of
 * which only the annotations are used here. A rule that skips itself fails: the kit does so where
 * an optional rule does not hold, and whoever reads the report sees no difference to one that does.
 */
final class TckRules {
  /** Rules that the kit names but cannot verify. */
  private static final String UNTESTED = "untested_";

  private TckRules() {}

  /**
   * @param verification makes one; each rule gets its own
   * @param setUp what the kit does before each rule
   */
  static <T> Stream<DynamicTest> of(Supplier<T> verification, Step<T> setUp) {
    return Arrays.stream(verification.get().getClass().getMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .filter(method -> !method.getName().startsWith(UNTESTED))
        .sorted(Comparator.comparing(Method::getName))
        .map(rule -> dynamicTest(rule.getName(), () -> verify(verification.get(), setUp, rule)));
  }

  private static <T> void verify(T verification, Step<T> setUp, Method rule) throws Throwable {
    setUp.on(verification);
    try {
      rule.invoke(verification);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SkipException skipped) {
        throw new AssertionError("not verified: " + skipped.getMessage(), skipped);
      }
      throw e.getCause();
    }
  }

  interface Step<T> {
    void on(T verification) throws Exception;
  }
}
