package dev.creek.consumer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.creek.consumer.api.MetricsRecorder;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method of a recorder: one that is not handed on is counted by nobody, and nobody sees it.
 */
class GuardedRecorderTest {
  private static final Map<Class<?>, Object> ARGUMENTS =
      Map.of(long.class, 7L, int.class, 7, List.class, List.of("why"), Map.class, Map.of("why", 1));

  static List<Method> methods() {
    return List.of(MetricsRecorder.class.getDeclaredMethods()).stream()
        .filter(Method::isDefault)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void isHandedOnWithAllItsArguments(Method method) throws Exception {
    var calls = new ArrayList<List<Object>>();
    MetricsRecorder recorder =
        recorder(
            (called, given) -> {
              assertThat(called).isEqualTo(method);
              calls.add(Arrays.asList(given));
            });
    Object[] arguments = arguments(method);
    method.invoke(new GuardedRecorder(recorder), arguments);
    assertThat(calls).containsExactly(Arrays.asList(arguments));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void mayThrow(Method method) {
    MetricsRecorder recorder =
        recorder(
            (called, given) -> {
              throw new IllegalStateException("cannot count");
            });
    assertThatCode(() -> method.invoke(new GuardedRecorder(recorder), arguments(method)))
        .doesNotThrowAnyException();
  }

  private interface Called {
    void with(Method method, Object[] arguments);
  }

  private static MetricsRecorder recorder(Called called) {
    return (MetricsRecorder)
        Proxy.newProxyInstance(
            MetricsRecorder.class.getClassLoader(),
            new Class<?>[] {MetricsRecorder.class},
            (proxy, method, arguments) -> {
              called.with(method, arguments);
              return null;
            });
  }

  private static Object[] arguments(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(type -> type == String.class ? "text" : ARGUMENTS.get(type))
        .toArray();
  }
}
