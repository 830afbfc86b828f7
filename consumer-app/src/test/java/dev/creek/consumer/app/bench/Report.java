package dev.creek.consumer.app.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is left of a run: tables on the terminal, and files. */
final class Report {
  private final BenchOptions options;
  private final Map<String, String> machine;
  private final List<Scenario> scenarios;
  private final Results results;
  private final Tables tables;

  Report(
      BenchOptions options,
      Map<String, String> machine,
      List<Scenario> scenarios,
      Results results) {
    this.options = options;
    this.machine = machine;
    this.scenarios = scenarios;
    this.results = results;
    this.tables = new Tables(results);
  }

  void print(PrintStream out) {
    for (Table table :
        List.of(
            tables.speed(), tables.latency(), tables.footprint(), tables.cost(), tables.bars())) {
      if (!table.isEmpty()) {
        out.println();
        out.print(table.plain());
      }
    }
  }

  /**
   * Writes {@code benchmark.json}, {@code benchmark.md} and its pictures.
   *
   * @return the folder
   */
  Path write(Duration took) {
    Path folder = options.out();
    try {
      Files.createDirectories(folder.resolve("benchmark"));
      Files.writeString(folder.resolve("benchmark/benchmark.json"), json());
      String findings = Findings.in(folder.resolve("benchmark.md"));
      Map<String, String> pictures = new Plots(results).all();
      for (Map.Entry<String, String> picture : pictures.entrySet()) {
        Files.writeString(
            folder.resolve("benchmark").resolve(picture.getKey()), picture.getValue());
      }
      Files.writeString(folder.resolve("benchmark.md"), markdown(pictures, took, findings));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException("could not write the report", e);
    }
  }

  private String json() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    root.put("scale", options.scale()).put("repeat", options.repeat());
    root.put("generation", options.generation().name().toLowerCase(Locale.ROOT));
    root.put("reader", options.reader().name().toLowerCase(Locale.ROOT));
    ObjectNode on = root.putObject("machine");
    machine.forEach(on::put);
    ObjectNode all = root.putObject("scenarios");
    for (String scenario : results.scenarios()) {
      ObjectNode contenders = all.putObject(scenario);
      for (String contender : results.contenders(scenario)) {
        var runs = contenders.putArray(contender);
        for (Measured run : results.runs(scenario, contender)) {
          ObjectNode values = runs.addObject();
          run.values().forEach((metric, value) -> values.put(metric.key(), value));
        }
      }
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private String markdown(Map<String, String> pictures, Duration took, String findings) {
    StringBuilder text = new StringBuilder("# Benchmark\n\n");
    text.append(INTRODUCTION);
    text.append("\nRun on ").append(LocalDate.now(ZoneOffset.UTC));
    text.append(
        ", scale %s, every scenario %d times, broker reader %s, in %d minutes:%n%n"
            .formatted(
                plain(options.scale()),
                options.repeat(),
                options.reader().name().toLowerCase(Locale.ROOT),
                Math.round(took.toSeconds() / 60.0)));
    Table on = new Table("", "");
    machine.forEach((name, value) -> on.row(List.of(name, value)));
    text.append(on.markdown());
    section(text, "Bars", "The promised values, and those of this run.", tables.bars(), null);
    text.append('\n').append(Findings.ofBars(Bar.outcomes(results)));
    text.append(Findings.marked(findings));
    section(
        text,
        "Speed",
        SPEED,
        tables.speed(),
        pictures.containsKey("throughput.svg") ? "throughput" : null);
    section(
        text,
        "Latency",
        LATENCY,
        tables.latency(),
        pictures.containsKey("latency.svg") ? "latency" : null);
    section(
        text,
        "Footprint",
        FOOTPRINT,
        tables.footprint(),
        pictures.containsKey("processor.svg") ? "processor" : null);
    section(
        text,
        "Cost",
        COST,
        tables.cost(),
        pictures.containsKey("tables-scaling.svg") ? "tables-scaling" : null);
    pictures.keySet().stream()
        .filter(picture -> picture.startsWith("steady"))
        .forEach(picture -> text.append("%n![%1$s](benchmark/%1$s)%n".formatted(picture)));
    text.append("\n## Scenarios\n\n");
    scenarios.forEach(s -> text.append("- **%s**: %s%n".formatted(s.name(), s.title())));
    return text.toString();
  }

  private static void section(
      StringBuilder text,
      String heading,
      String words,
      Table table,
      @org.jspecify.annotations.Nullable String picture) {
    if (table.isEmpty()) {
      return;
    }
    text.append("\n## ").append(heading).append("\n\n").append(words).append("\n\n");
    if (picture != null) {
      text.append("![%s](benchmark/%s.svg)%n%n".formatted(heading, picture));
    }
    text.append(table.markdown());
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private static final String INTRODUCTION =
      """
      Written by `./mvnw -q -Pbench`. [development.md](development.md#the-benchmark) describes how the benchmark works and its options,
      [performance.md](performance.md) the reasons for the numbers.
      """;

  private static final String SPEED =
      """
      Seconds until the last row is visible at the target. The time starts when a running service gets the table (`creek`), when a
      disabled subscription is enabled (`native`: PostgreSQL's own logical replication), or when COPY begins (`copy`: the same rows,
      binary, from a file). The changes are already in JetStream, or in the source's WAL. A snapshot is already published, and the running service
      applies it; `native` makes its initial copy. Contents are compared after every run. For `start` the time starts with the service's
      process.""";

  private static final String LATENCY =
      """
      Time from the commit at the source, by its own commit timestamp, until a client that queries the target all the time sees the row. At most
      half a millisecond of it is due to the queries.""";

  private static final String COST =
      """
      The same processor time for each row change, in microseconds. The picture, if there is one, shows it over the number of tables.""";

  private static final String FOOTPRINT =
      """
      Processor seconds during the same time, by process; memory of the service from its start to its end. For latency, they cover the whole
      run at that rate.""";
}
