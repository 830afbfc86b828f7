package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.row.ShapeMismatchException;
import dev.creek.consumer.stream.ApplyException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TableVerbsTest {
  private final CliRun cli = CliRun.withServers();

  @Test
  void addsAllTablesInTheOrderGiven() {
    assertThat(cli.run("add-tables", "s.a.b:c.d", "s.a.e:c.f")).isZero();
    assertThat(cli.consumer.asked).containsExactly("add s.a.b:c.d", "add s.a.e:c.f", "close");
    assertThat(cli.out.toString().lines())
        .containsExactly("s.a.b:c.d: subscribed", "s.a.e:c.f: subscribed");
  }

  @Test
  void oneThatFailsDoesNotKeepTheOthersFromBeingDone() {
    cli.consumer.failures.put(
        "add s.a.b:c.d",
        new ApplyException(
            "c.d takes its rows from s.x.y", "22023", null, "remove it first", null));
    assertThat(cli.run("add-tables", "s.a.b:c.d", "s.a.e:c.f")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.out.toString().lines()).containsExactly("s.a.e:c.f: subscribed");
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "creek-consumer: s.a.b:c.d: c.d takes its rows from s.x.y (hint: remove it first)");
  }

  @Test
  void tellsWhatWasCreatedAndWhatWasThere() {
    assertThat(cli.run("create-schemas", "s.a.b:c.d", "s.a.b:c.existing")).isZero();
    assertThat(cli.out.toString().lines())
        .containsExactly("s.a.b:c.d: created", "s.a.b:c.existing: exists already and fits");
  }

  @Test
  void saysHowATableDiffersAndWhatHelps() {
    cli.consumer.failures.put(
        "create s.a.b:c.d", new ShapeMismatchException("c.d has no column x", "ALTER TABLE …"));
    assertThat(cli.run("create-schemas", "s.a.b:c.d")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString()).contains("c.d has no column x (hint: ALTER TABLE …)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"remove-tables", "remove-table"})
  void removesTablesByEitherName(String verb) {
    assertThat(cli.run(verb, "c.d", "c.unknown", "\"C\".e")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).contains("remove c.d", "remove c.unknown", "remove C.e");
    assertThat(cli.out.toString().lines()).containsExactly("c.d: removed", "C.e: removed");
    assertThat(cli.err.toString())
        .contains("c.unknown: is not subscribed; list-tables shows what is");
  }

  @ParameterizedTest
  @ValueSource(strings = {"add-tables", "create-schemas", "remove-tables"})
  void anArgumentThatCannotBeReadKeepsEverythingFromBeingDone(String verb) {
    assertThat(cli.run(verb, "c.d", "x", "a.b.c:d.e", "y")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("'x'").contains("'y'");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"add-tables", "create-schemas", "remove-tables"})
  void atLeastOneTableMustBeNamed(String verb) {
    assertThat(cli.run(verb)).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("missing required parameter");
  }

  @Test
  void quotedPartsMayHoldAnything() {
    assertThat(cli.run("add-tables", "s.\"My Schema\".\"a.b:c\":public.\"x\"\"y\"")).isZero();
    assertThat(cli.consumer.asked).contains("add s.\"My Schema\".\"a.b:c\":public.\"x\"\"y\"");
  }
}
