package dev.creek.consumer.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PictureTest {

  private static final Sample SAMPLE =
      new Sample(
          Duration.ofSeconds(65),
          List.of(
              new Sample.Table(
                  "orders", "streaming", null, 5_200, 5_198, 310.4, Duration.ofNanos(3_400_000)),
              new Sample.Table("order_lines", "failed", "no column x", 9, 3, 0, null)),
          203.2,
          891,
          List.of(0.0, 100.0, 200.0),
          List.of(891.0),
          new Sample.Burst("all prices change", Duration.ofSeconds(4)),
          null,
          new Sample.Snapshot("order_lines", "loading", 3_000, 4_000, null),
          new Sample.Column("products", "rating", Duration.ofSeconds(6), Duration.ofSeconds(8)));

  @Test
  void alignsItsColumns() {
    assertThat(new Picture(false).lines(SAMPLE, 100))
        .contains(
            " table           state           source    target    rows/s     lag  compared",
            " orders          streaming        5,200     5,198       310    3 ms  ",
            " order_lines     failed               9         3         0       -  ",
            " source      203 tx/s    ▁▅█",
            " load    steady, and 4 s ago: all prices change",
            " clean   snapshot of order_lines ███████████████░░░░░ loading, 3,000 rows",
            " column  products.rating added at 0:06, filled at 0:08",
            " order_lines: no column x");
  }

  @Test
  void keepsToTheWidthOfTheWindow() {
    for (int columns = 21; columns < 120; columns++) {
      int limit = columns;
      assertThat(new Picture(false).lines(SAMPLE, columns))
          .allSatisfy(line -> assertThat(line.length()).isLessThan(limit));
    }
  }

  @Test
  void paintsOnlyWhenAsked() {
    assertThat(String.join("", new Picture(false).lines(SAMPLE, 80))).doesNotContain("\u001b");
    assertThat(String.join("", new Picture(true).lines(SAMPLE, 80)))
        .contains("\u001b[31mfailed")
        .contains("\u001b[32mstreaming");
  }

  @Test
  void drawsNoRateAsTheLowestBarAndTheHighestAsTheTallest() {
    assertThat(Picture.sparks(List.of(0.0, 1.0, 1000.0, 0.0))).isEqualTo("▁▂█▁");
    assertThat(Picture.sparks(List.of(0.0, 0.0))).isEqualTo("▁▁");
    assertThat(Picture.sparks(List.of())).isEmpty();
  }

  @Test
  void tellsTroubleInPlainLinesToo() {
    assertThat(LineView.line(SAMPLE))
        .contains("1:05")
        .contains("orders 5,200/5,198")
        .contains("order_lines 9/3 (failed: no column x)")
        .endsWith(
            "snapshot of order_lines: loading, 3,000 rows, products.rating added at 0:06, filled at 0:08");
  }
}
