package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class InitTest {
  @Test
  void createsTheControlSchema() {
    var cli = CliRun.withServers();
    assertThat(cli.run("init")).isZero();
    assertThat(cli.consumer.asked).containsExactly("initialize", "close");
  }

  @Test
  void printsSqlWithoutAskingOrKnowingAServer() {
    var cli = new CliRun();
    assertThat(cli.run("init", "--print-sql", "--db-namespace", "my \"ns", "--role", "svc\"x"))
        .isZero();
    assertThat(cli.out.toString())
        .startsWith("begin;")
        .contains("create schema if not exists \"my \"\"ns\";")
        .contains("to \"svc\"\"x\";")
        .endsWith("commit;" + System.lineSeparator());
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void namesOfRolesBelongToThePrintedSql() {
    var cli = CliRun.withServers();
    assertThat(cli.run("init", "--role", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("--role and --users need --print-sql");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void aNameThatCannotBeUsedIsAUsageError() {
    var cli = CliRun.withServers();
    assertThat(cli.run("init", "--print-sql", "--db-namespace", "x$creek$")).isEqualTo(2);
    assertThat(cli.out.toString()).isEmpty();
  }
}
