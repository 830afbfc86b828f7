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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark at next to no size, so that it still runs when somebody needs it. */
@Tag("long")
final class BenchIT {
  private static final double TINY = 0.002;

  @TempDir private Path folder;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @Test
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
    return Bench.run(
        new BenchOptions(
            List.of(scenarios),
            List.of(),
            TINY,
            1,
            1,
            Generation.NEW,
            BrokerOptions.Reader.CLIENT,
            Grouping.DATABASE,
            17,
            folder.resolve("store"),
            null,
            "",
            folder),
        new PrintStream(output, true, UTF_8));
  }
}
