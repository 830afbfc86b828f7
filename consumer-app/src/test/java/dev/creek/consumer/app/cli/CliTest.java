package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.app.config.Setting;
import dev.creek.consumer.app.config.Setting.Topic;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CliTest {
  private static final String[] VERBS = {
    "serve",
    "create-schemas",
    "add-tables",
    "remove-tables",
    "remove-table",
    "list-tables",
    "resync",
    "cancel",
    "status",
    "check",
    "verify",
    "init",
    "config",
    "completion"
  };

  private final CliRun cli = CliRun.withServers();

  @Test
  void globalOptionsStandBeforeOrAfterTheVerb() {
    assertThat(cli.run("--linger", "3ms", "add-tables", "a.b.c:d.e")).isZero();
    assertThat(cli.configuration.linger()).isEqualTo(Duration.ofMillis(3));
    assertThat(cli.run("add-tables", "a.b.c:d.e", "--linger=4ms")).isZero();
    assertThat(cli.configuration.linger()).isEqualTo(Duration.ofMillis(4));
  }

  @Test
  void theOptionNearerToTheEndWins() {
    cli.environment.put("LINGER", "1ms");
    assertThat(cli.run("--linger", "2ms", "add-tables", "--linger", "3ms", "a.b.c:d.e")).isZero();
    assertThat(cli.configuration.linger()).isEqualTo(Duration.ofMillis(3));
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void everySettingIsAnOptionOfEveryVerbThatUsesIt(Setting setting) {
    boolean forFew = setting.topic() == Topic.SERVE || setting.topic() == Topic.SOURCE;
    String verb = !forFew ? "list-tables" : setting.topic() == Topic.SERVE ? "serve" : "check";
    var run = new CliRun();
    assertThat(run.run(verb, setting.option(), "\u0000")).isEqualTo(ExitCode.USAGE);
    assertThat(run.err.toString()).doesNotContain("unknown option");
    run.run(forFew ? verb : "", "--help");
    assertThat(run.out.toString()).contains(setting.option());
  }

  @Test
  void saysAllProblemsOfTheConfigurationAtOnceAndDoesNothing() {
    cli.environment.remove("NATS_URI");
    cli.environment.put("LOG_LEVEL", "loud");
    assertThat(cli.run("serve", "--batch-rows", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "creek-consumer: 3 problems:",
            "  --nats-uri (or NATS_URI in the environment) is missing: "
                + Setting.NATS_URI.description(),
            "  --batch-rows 'x': not a whole number",
            "  LOG_LEVEL 'loud': none of error, warn, info, debug, trace",
            "Try 'creek-consumer serve --help'.");
    assertThat(cli.out.toString()).isEmpty();
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void verbsThatOnlyNeedTheDatabaseDoWithoutABroker() {
    cli.environment.remove("NATS_URI");
    assertThat(cli.run("list-tables")).isZero();
    assertThat(cli.run("add-tables", "a.b.c:d.e")).isZero();
    assertThat(cli.run("remove-tables", "d.e")).isZero();
    assertThat(cli.run("create-schemas", "a.b.c:d.e")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("serve")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void withoutAVerbItIsAUsageError() {
    assertThat(cli.run()).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("no command is given").contains("--help");
    assertThat(cli.out.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lst-tables", "list-table"})
  void suggestsTheVerbThatWasMeant(String typo) {
    assertThat(cli.run(typo)).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString())
        .contains("unknown command '" + typo + "'; did you mean list-tables?");
  }

  @Test
  void anUnknownOptionIsNamedWithoutItsValue() {
    assertThat(cli.run("list-tables", "--nats-pasword=geheim")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString())
        .contains("unknown option '--nats-pasword'")
        .doesNotContain("geheim");
  }

  @Test
  void anArgumentTooManyIsRefusedWithoutShowingIt() {
    assertThat(cli.run("list-tables", "geheim")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("argument").doesNotContain("geheim");
  }

  @Test
  void whatALibrarySaysIsShownWithoutSecrets() {
    cli.consumer.failures.put(
        "subscriptions", new IllegalStateException("no route to postgres://me:geheim@h/db"));
    assertThat(cli.run("list-tables")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString())
        .isEqualToIgnoringNewLines("creek-consumer: no route to postgres://me:***@h/db");
  }

  @Test
  void versionAndHelpGoToStandardOutput() {
    assertThat(cli.run("--version")).isZero();
    assertThat(cli.out.toString()).startsWith("creek-consumer ");
    assertThat(cli.run("--help")).isZero();
    assertThat(cli.out.toString()).contains("Usage: creek-consumer").contains(VERBS);
    assertThat(cli.err.toString()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void everyVerbHasHelpWithExamples(String verb) {
    assertThat(cli.run(verb, "--help")).isZero();
    assertThat(cli.out.toString())
        .contains("Usage: creek-consumer " + verb.replaceAll("-table$", "-tables"))
        .contains("Examples:");
    var asCommand = CliRun.withServers();
    assertThat(asCommand.run("help", verb)).isZero();
    assertThat(asCommand.out).hasToString(cli.out.toString());
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void helpFitsATerminal(String verb) {
    cli.run(verb, "--help");
    cli.run("--help");
    assertThat(cli.out.toString().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void examplesCanBeCopiedWhereTheyAreLong() {
    cli.run("verify", "--help");
    assertThat(cli.out.toString())
        .contains(
            """
              creek-consumer verify --source-uri postgres://me@source/shop \\
                shop.public.orders:public.orders
            """
                .replace("\n", System.lineSeparator()));
    assertThat(Examples.lines("  a --json " + "x".repeat(64) + " | jq 'b c | d e f g'"))
        .containsExactly("  a --json " + "x".repeat(64) + " | \\", "    jq 'b c | d e f g'");
  }

  static Stream<String> verbs() {
    return Arrays.stream(VERBS);
  }
}
