package dev.creek.consumer.app.demo;

import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A line every two seconds, for logs and pipes. */
final class LineView implements View {

  private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

  private final Terminal terminal;
  private Duration next = Duration.ZERO;

  LineView(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void show(Sample sample) {
    if (sample.elapsed().compareTo(next) >= 0) {
      next = sample.elapsed().plus(BETWEEN_LINES);
      terminal.println(line(sample));
    }
  }

  static String line(Sample sample) {
    return "%5s  %5s tx/s  %6s rows/s  lag %-6s  %s  %s%s%s"
        .formatted(
            View.clock(sample.elapsed()),
            View.count(Math.round(sample.transactionsPerSecond())),
            View.count(Math.round(sample.rowsPerSecond())),
            View.latency(sample.lag()),
            sample.tables().stream().map(LineView::table).collect(Collectors.joining("  ")),
            check(sample),
            snapshot(sample.snapshot()),
            column(sample.column()))
        .stripTrailing();
  }

  private static String table(Sample.Table table) {
    String rows =
        "%s %s/%s"
            .formatted(
                table.name(), View.count(table.sourceRows()), View.count(table.targetRows()));
    if (table.state().equals("streaming")) {
      return rows;
    }
    String reason = table.reason() == null ? "" : ": " + table.reason();
    return rows + " (" + table.state() + reason + ")";
  }

  private static String check(Sample sample) {
    Sample.Check check = sample.check();
    if (check == null) {
      return "";
    }
    return (check.equal() ? "equal at " : "DIFFERENT at ") + View.clock(check.at());
  }

  private static String snapshot(Sample.@Nullable Snapshot snapshot) {
    if (snapshot == null) {
      return "";
    }
    return snapshot.doneAt() != null
        ? ", snapshot of %s in place at %s"
            .formatted(snapshot.table(), View.clock(snapshot.doneAt()))
        : ", snapshot of %s: %s, %s rows"
            .formatted(snapshot.table(), snapshot.step(), View.count(snapshot.rows()));
  }

  private static String column(Sample.@Nullable Column column) {
    if (column == null) {
      return "";
    }
    return ", %s.%s added at %s%s"
        .formatted(
            column.table(),
            column.name(),
            View.clock(column.addedAt()),
            column.filledAt() == null ? "" : ", filled at " + View.clock(column.filledAt()));
  }

  @Override
  public void close() {
    // Lines end by themselves.
  }
}
