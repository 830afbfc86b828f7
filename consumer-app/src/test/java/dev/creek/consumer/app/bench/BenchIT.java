package dev.creek.consumer.app.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark at next to no size, so that it still runs when somebody needs it. */
final class BenchIT {
  private static final double TINY = 0.002;

  /** Creating the tables takes most of their time. */
  private static final List<String> OF_HUNDREDS_OF_TABLES =
      List.of(
          "tables-500",
          "tables-scaling-100",
          "tables-scaling-500",
          "tables-scaling-1000",
          "spread-1000");

  @TempDir private Path folder;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @Test
  void everyScenarioRunsAndEndsRight() throws IOException {
    List<String> names = names();
    names.removeIf(OF_HUNDREDS_OF_TABLES::contains);
    assertThat(names).contains("exchange", "steady-1000", "tables-scaling-10", "snapshot-wide");
    assertThat(run(List.of(Creek.NAME), false, names.toArray(String[]::new)))
        .as(output::toString)
        .isZero();

    assertThat(measured().properties())
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrderElementsOf(names);
    assertThat(Files.readString(folder.resolve("benchmark.md")))
        .contains("| exchange | creek | ", "steady-1000-latency.svg", "tables-scaling.svg");
    for (String picture : List.of("steady-1000-rate", "steady-1000-latency", "tables-scaling")) {
      assertThat(Files.readString(folder.resolve("benchmark/" + picture + ".svg")))
          .contains("<polyline", ">creek")
          .doesNotContain("NaN", "Infinity");
    }
  }

  @Test
  @Tag("long")
  void thoseOfHundredsOfTablesDoSoToo() {
    assertThat(names()).containsAll(OF_HUNDREDS_OF_TABLES);
    assertThat(run(List.of(Creek.NAME), false, OF_HUNDREDS_OF_TABLES.toArray(String[]::new)))
        .as(output::toString)
        .isZero();
  }

  /** Of all scenarios. */
  private List<String> names() {
    return Scenarios.chosen(options(List.of(), List.of(), false)).stream()
        .map(Scenario::name)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  @Test
  @Tag("long")
  void measuresReportsAndTimesConsumersOnTheStoreThatItLeaves() throws IOException {
    assertThat(run("mixed", "tpcb", "snapshot-clean", "latency-100", "spread-1000", "start"))
        .as(output::toString)
        .isZero();

    JsonNode measured = measured();
    assertThat(report().path("reader").textValue()).isEqualTo("client");
    for (String contender : List.of("native", "creek")) {
      assertThat(measured.at("/snapshot-clean/" + contender + "/0/seconds").doubleValue())
          .isPositive();
      assertThat(measured.at("/mixed/" + contender + "/0/seconds").doubleValue()).isPositive();
      assertThat(measured.at("/latency-100/" + contender + "/0/p50Millis").doubleValue())
          .isPositive();
    }
    assertThat(measured.at("/start/creek/0/firstRowSeconds").doubleValue()).isPositive();
    assertThat(Files.readString(folder.resolve("benchmark.md"))).contains("| mixed | creek | ");
    assertThat(folder.resolve("benchmark/throughput.svg")).isNotEmptyFile();

    Path report = folder.resolve("benchmark.md");
    Files.writeString(
        report,
        Files.readString(report).replace("again: -->\n", "again: -->\n\nThe disk is slow.\n"));
    assertThat(run("mixed")).as(output::toString).isZero();

    assertThat(Files.readString(report)).containsOnlyOnce("The disk is slow.");

    assertThat(measured().at("/mixed").properties())
        .extracting(Map.Entry::getKey)
        .containsExactly("creek");
  }

  private JsonNode measured() throws IOException {
    return report().path("scenarios");
  }

  private JsonNode report() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("benchmark/benchmark.json").toFile());
  }

  private int run(String... scenarios) {
    return run(List.of(), true, scenarios);
  }

  /**
   * @param contenders none for all
   * @param store whether to keep JetStream's store
   */
  private int run(List<String> contenders, boolean store, String... scenarios) {
    return Bench.run(
        options(List.of(scenarios), contenders, store), new PrintStream(output, true, UTF_8));
  }

  private BenchOptions options(List<String> scenarios, List<String> contenders, boolean store) {
    return new BenchOptions(
        scenarios,
        contenders,
        TINY,
        1,
        1,
        0.5,
        2,
        true,
        Generation.NEW,
        BrokerOptions.Reader.CLIENT,
        Grouping.DATABASE,
        17,
        store ? folder.resolve("store") : null,
        null,
        null,
        "",
        folder);
  }
}
