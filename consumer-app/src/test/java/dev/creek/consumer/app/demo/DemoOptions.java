package dev.creek.consumer.app.demo;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code -Ddemo.…} says.
 *
 * @param seconds how long it runs before it ends by itself; null for until Control-C
 * @param rate transactions a second on the source, bursts aside
 * @param source major version of the source PostgreSQL
 * @param target that of the target
 * @param generation which generation of the Creek wire the producer speaks
 */
record DemoOptions(
    @Nullable Duration seconds, double rate, int source, int target, Generation generation) {

  private static final String DEFAULT_RATE = "200";
  private static final double MAX_RATE = 100_000;
  private static final double MAX_SECONDS = 1e8;

  /**
   * Reads the system properties.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static DemoOptions ofProperties() {
    String seconds = property("seconds", "");
    return new DemoOptions(
        seconds.isEmpty() ? null : duration(seconds),
        number("rate", property("rate", DEFAULT_RATE), MAX_RATE),
        version("source", "15"),
        version("target", "17"),
        generation(property("generation", "new")));
  }

  private static String property(String name, String otherwise) {
    return System.getProperty("demo." + name, otherwise).strip();
  }

  private static Duration duration(String seconds) {
    double value = number("seconds", seconds, MAX_SECONDS);
    return Duration.ofMillis((long) (value * 1000));
  }

  private static double number(String name, String text, double max) {
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "-Ddemo.%s=%s is not a number above 0, up to %.0f".formatted(name, text, max));
  }

  private static int version(String name, String otherwise) {
    String text = property(name, otherwise);
    return PostgresServer.versions().stream()
        .filter(version -> text.equals(version.toString()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-Ddemo.%s=%s is none of the versions %s"
                        .formatted(name, text, PostgresServer.versions())));
  }

  private static Generation generation(String text) {
    try {
      return Generation.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "-Ddemo.generation=%s is neither old nor new".formatted(text), e);
    }
  }
}
