package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dashboard and alerts ask for metrics that there are, by labels that they have. */
final class DashboardTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern METRIC =
      Pattern.compile("\\b((?:creek_consumer|log_messages|jvm|process)_[a-z_]+)");
  private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z][a-zA-Z0-9_]*)(?:\\{| )");

  @ParameterizedTest
  @ValueSource(strings = {"grafana/dashboard.json", "prometheus/alerts.yml"})
  void askOnlyForMetricsThatThereAre(String file) throws IOException {
    Set<String> asked =
        METRIC
            .matcher(Files.readString(DOCS.resolve(file)))
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(asked).isNotEmpty().isSubsetOf(exposed());
  }

  @Test
  void theDashboardHasAPanelForEachOfOurOwn() throws IOException {
    String dashboard = Files.readString(DOCS.resolve("grafana/dashboard.json"));
    Set<String> shown =
        METRIC.matcher(dashboard).results().map(MatchResult::group).collect(Collectors.toSet());
    assertThat(exposed().stream().filter(name -> name.startsWith("creek_consumer_")))
        .allMatch(
            name ->
                shown.contains(name)
                    || name.matches(".*_(bucket|sum|count)")
                    || Set.of("creek_consumer_pg_inserts", "creek_consumer_table_info")
                        .contains(name));
  }

  @Test
  void theDashboardsPanelsDoNotOverlapAndHaveNumbersOfTheirOwn() throws IOException {
    JsonNode panels =
        new ObjectMapper()
            .readTree(Files.readString(DOCS.resolve("grafana/dashboard.json")))
            .get("panels");
    assertThat(panels.findValues("id")).doesNotHaveDuplicates();
    var taken = new TreeSet<String>();
    for (JsonNode panel : panels) {
      JsonNode at = panel.get("gridPos");
      for (int x = 0; x < at.get("w").asInt(); x++) {
        for (int y = 0; y < at.get("h").asInt(); y++) {
          String place = (at.get("x").asInt() + x) + "," + (at.get("y").asInt() + y);
          assertThat(taken.add(place)).as(panel.get("title") + " at " + place).isTrue();
        }
      }
    }
  }

  /** Everything that is exposed once everything has happened. */
  static Set<String> exposed() {
    var meters = new Meters(new LogCounts());
    Told.line(meters, "s.a.b", "c.d", FakeService.backlog(Duration.ZERO, 0));
    Told.applied(meters, "s.a.b", "c.d", 1, 1, 1, 1, Instant.EPOCH);
    Told.grouped(meters, "c.d", "g", Membership.MEMBER);
    Told.batch(meters, "c.d", 1, 1, Duration.ofMillis(1));
    Told.retry(meters, "c.d", "08");
    Told.command(meters, "add_table", "ok");
    Told.snapshot(meters, "s.a.b", "c.d", "clean", "loading", 1, 2);
    Told.snapshotEnded(meters, "c.e", "clean", "ok");
    String text =
        new Exposition(meters, Build.of("1"))
            .scrape(Exposition.type(null), new Reachability(null, null), new PoolUse(8, 1, 1, 0));
    Set<String> names =
        SAMPLE
            .matcher(text)
            .results()
            .map(r -> r.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    // Only there behind the first collection of garbage.
    names.add("jvm_gc_pause_seconds_sum");
    return names;
  }
}
