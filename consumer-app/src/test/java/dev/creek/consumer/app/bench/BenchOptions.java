package dev.creek.consumer.app.bench;

import dev.creek.consumer.api.BrokerOptions.Reader;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.testing.PostgresServer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code -Dbench.…} says.
 *
 * @param scenarios names of scenarios or of groups of them; empty for all
 * @param contenders who takes part; empty for all
 * @param scale of the amount of data, 1 for the full size
 * @param repeat how often each contender runs each scenario
 * @param seconds how long latency is watched in one run
 * @param warmup seconds before that; null for half as many
 * @param steady how many seconds {@code steady} takes in one run
 * @param everything whether scenarios that take long run although none is named
 * @param generation which generation of the Creek wire the producer speaks
 * @param reader the way in which the service reads from the broker
 * @param grouping how the service groups tables
 * @param postgres major version of both PostgreSQL servers
 * @param store folder of a JetStream store to fill, or to read where it is filled; null for one
 *     that goes away
 * @param consumer command line of another consumer that takes part; null for none
 * @param go the same of the Go consumer
 * @param jvm more options for the service's JVM
 * @param out where the report goes
 */
record BenchOptions(
    List<String> scenarios,
    List<String> contenders,
    double scale,
    int repeat,
    double seconds,
    @Nullable Double warmup,
    double steady,
    boolean everything,
    Generation generation,
    Reader reader,
    Grouping grouping,
    int postgres,
    @Nullable Path store,
    @Nullable String consumer,
    @Nullable String go,
    String jvm,
    Path out) {

  private static final double MAX_SCALE = 1000;
  private static final int MAX_REPEAT = 100;
  private static final double MAX_SECONDS = 3600;
  private static final double MAX_STEADY = 24 * MAX_SECONDS;

  /**
   * Reads the system properties.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static BenchOptions ofProperties() {
    String store = property("store", "");
    return new BenchOptions(
        list(property("scenarios", "")),
        list(property("contenders", "")),
        number("scale", "1", MAX_SCALE),
        (int) Math.max(1, number("repeat", "3", MAX_REPEAT)),
        number("seconds", "10", MAX_SECONDS),
        property("warmup", "").isEmpty() ? null : number("warmup", "", MAX_SECONDS),
        number("steady", "300", MAX_STEADY),
        Boolean.parseBoolean(property("long", "false")),
        choice(Generation.class, "generation", "new"),
        choice(Reader.class, "reader", "direct"),
        choice(Grouping.class, "grouping", "table"),
        version(property("postgres", "17")),
        store.isEmpty() ? null : Path.of(store).toAbsolutePath(),
        optional("consumer"),
        optional("go"),
        property("jvm", ""),
        out(Boolean.parseBoolean(property("record", "false"))));
  }

  /** The report that the repository keeps is among its documents. */
  private static Path out(boolean record) {
    Path root = Path.of(property("root", ".")).toAbsolutePath().normalize();
    return root.resolve(record ? "docs" : "target/benchmark");
  }

  private static @Nullable String optional(String name) {
    String value = property(name, "");
    return value.isEmpty() ? null : value;
  }

  /** Run time of the services before latency is measured. */
  double warmUpSeconds() {
    return warmup == null ? seconds / 2 : warmup;
  }

  private static String property(String name, String otherwise) {
    return System.getProperty("bench." + name, otherwise).strip();
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static double number(String name, String otherwise, double max) {
    String text = property(name, otherwise);
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "-Dbench.%s=%s is not a number above 0, up to %.0f".formatted(name, text, max));
  }

  private static int version(String text) {
    return PostgresServer.versions().stream()
        .filter(version -> text.equals(version.toString()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-Dbench.postgres=%s is none of the versions %s"
                        .formatted(text, PostgresServer.versions())));
  }

  private static <T extends Enum<T>> T choice(Class<T> type, String name, String otherwise) {
    String text = property(name, otherwise);
    return Arrays.stream(type.getEnumConstants())
        .filter(choice -> choice.name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-Dbench.%s=%s is none of %s"
                        .formatted(
                            name,
                            text,
                            Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT))));
  }
}
