package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Finding;
import org.junit.jupiter.api.Test;

final class CheckTest {
  private final CliRun cli = CliRun.withServers();

  @Test
  void showsEachFindingWithWhatHelps() {
    cli.consumer.findings.add(Finding.ok("target", "PostgreSQL 17"));
    cli.consumer.findings.add(
        Finding.warning("a\u001b.b", "at nats://me:geheim@h", "ALTER x;\nALTER y;"));
    assertThat(cli.run("check")).isZero();
    assertThat(cli.out.toString().lines())
        .containsExactly(
            "ok       target: PostgreSQL 17",
            "warning  a?.b: at nats://***@h",
            "         -> ALTER x; ALTER y;",
            "1 ok, 1 warning, 0 problems");
    assertThat(cli.consumer.asked).containsExactly("check []", "close");
  }

  @Test
  void aProblemMakesItFail() {
    cli.consumer.findings.add(Finding.problem("target", "away", null));
    assertThat(cli.run("check", "s.a.b:c.d", "--source-uri", "postgres://me@h/s")).isOne();
    assertThat(cli.consumer.asked).contains("check [s.a.b:c.d] me@h:5432/s");
  }

  @Test
  void givesProgramsJson() {
    cli.consumer.findings.add(Finding.problem("target", "away at nats://geheim@h", null));
    assertThat(cli.run("check", "--json")).isOne();
    assertThat(cli.out.toString())
        .startsWith("[ {")
        .contains("\"level\" : \"problem\"", "\"fix\" : null")
        .doesNotContain("geheim");
  }

  @Test
  void aSourceThatCannotBeReadIsAUsageError() {
    assertThat(cli.run("check", "--source-uri", "mysql://me:geheim@h/db")).isEqualTo(2);
    assertThat(cli.err.toString()).contains("--source-uri '***'").doesNotContain("geheim");
    assertThat(cli.consumer.asked).isEmpty();
  }
}
