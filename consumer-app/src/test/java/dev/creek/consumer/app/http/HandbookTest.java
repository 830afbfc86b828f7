package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The handbook has every metric, state, option and code that there is, and no metric that is not.
 */
final class HandbookTest {
  private static final Path POLICY =
      Path.of("..", "consumer-core/src/main/java/dev/creek/consumer/stream/FailurePolicy.java");
  private static final Pattern CODE = Pattern.compile("\"(\\d\\d|\\d[0-9A-Z]{4})\"");
  private static final Pattern METRIC =
      Pattern.compile("`((?:creek_consumer|log_messages)_[a-z_]+)`");

  static final List<String> STATES = TableMeter.STATES;

  private final String handbook;

  HandbookTest() throws IOException {
    handbook = Files.readString(Path.of("..", "docs", "operations.md"));
  }

  @Test
  void hasEveryMetric() {
    Set<String> described = metrics();
    assertThat(ours()).allMatch(described::contains);
  }

  @Test
  void hasNoMetricThatIsNot() {
    assertThat(metrics()).allMatch(ours()::contains);
  }

  private Set<String> metrics() {
    return METRIC.matcher(handbook).results().map(r -> r.group(1)).collect(Collectors.toSet());
  }

  /** Histograms go by their name alone. */
  private static Set<String> ours() {
    return DashboardTest.exposed().stream()
        .filter(name -> name.startsWith("creek_consumer_") || name.startsWith("log_"))
        .map(name -> name.replaceFirst("_(bucket|sum|count)$", ""))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @FieldSource("STATES")
  void saysWhatToDoInEveryState(String state) {
    assertThat(handbook).contains("\n| `" + state + "` |");
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void hasEveryOptionWithItsDefault(Setting setting) {
    String fallback = setting.fallback() == null ? "" : "`" + setting.fallback() + "`";
    assertThat(handbook)
        .contains(
            "\n| `%s` | %s | %s |".formatted(setting.option(), fallback, setting.description()));
  }

  @Test
  void hasEveryCodeThatTheServiceTellsApart() throws IOException {
    Set<String> codes =
        CODE.matcher(Files.readString(POLICY))
            .results()
            .map(MatchResult::group)
            .map(quoted -> quoted.replace("\"", ""))
            .collect(Collectors.toSet());
    assertThat(codes).hasSizeGreaterThan(10);
    assertThat(codes)
        .allMatch(
            code -> Pattern.compile("\n\\| [^|]*\\b" + code + "\\b").matcher(handbook).find());
  }
}
