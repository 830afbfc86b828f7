package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ResyncTest {
  private final CliRun cli = CliRun.withServers();

  @Test
  void takesACleanSnapshotAndSubscribesThen() {
    assertThat(cli.run("resync", "s.a.b:c.d", "s.a.e:c.f")).isZero();
    assertThat(cli.consumer.asked)
        .containsSubsequence(
            "snapshot clean s.a.b:c.d",
            "add s.a.b:c.d",
            "snapshot clean s.a.e:c.f",
            "add s.a.e:c.f",
            "close");
    assertThat(cli.out.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.contains(": 1,500 rows of new"));
  }

  @Test
  void subscribesNothingWhereTheSnapshotFails() {
    cli.consumer.failures.put("snapshot clean s.a.b:c.d", new IllegalStateException("no producer"));
    assertThat(cli.run("resync", "s.a.b:c.d")).isOne();
    assertThat(cli.consumer.asked).doesNotContain("add s.a.b:c.d");
    assertThat(cli.err.toString()).contains("s.a.b:c.d: no producer");
  }
}
