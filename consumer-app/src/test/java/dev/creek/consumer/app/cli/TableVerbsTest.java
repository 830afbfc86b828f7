package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.DefinitionDifference.Statement;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaCopy.Outcome;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The verbs that ask for one command a table. */
final class TableVerbsTest {
  private static final Mapping ONE = Mapping.parse("s.a.b:c.d");

  private final CliRun cli = CliRun.withServers();

  @ParameterizedTest
  @CsvSource({
    "create-schemas, CREATE s.a.b:c.d, CREATE s.a.e:c.f",
    "add-tables, ADD s.a.b:c.d, ADD s.a.e:c.f",
    "snapshot, SNAP upsert s.a.b:c.d, SNAP upsert s.a.e:c.f",
    "resync, RESYNC s.a.b:c.d, RESYNC s.a.e:c.f",
  })
  void askForAllTablesInTheOrderGiven(String verb, String first, String second) {
    assertThat(cli.run(verb, "s.a.b:c.d", "s.a.e:c.f")).isZero();
    assertThat(cli.consumer.asked).containsExactly(first, second, "close");
    assertThat(cli.out.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.matches("s\\.a\\.[be]:c\\.[df]: done by [a-z_]+"));
    assertThat(cli.err.toString()).isEmpty();
  }

  @Test
  void oneThatFailsDoesNotKeepTheOthersFromBeingDone() {
    cli.consumer.failures.put(
        "ADD s.a.b:c.d",
        new DatabaseException(
            "c.d takes its rows from s.x.y", "22023", null, "remove it first", null));
    assertThat(cli.run("add-tables", "s.a.b:c.d", "s.a.e:c.f")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.out.toString().lines()).containsExactly("s.a.e:c.f: done by add_table");
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "creek-consumer: s.a.b:c.d: c.d takes its rows from s.x.y (hint: remove it first)");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "add-tables,ADD IN \"o n\"\"e\" s.a.b:c.d",
        "resync,RESYNC IN \"o n\"\"e\" s.a.b:c.d"
      })
  void subscribesTablesIntoAGroup(String verb, String command) {
    assertThat(cli.run(verb, "--group", "o n\"e", "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).containsExactly(command, "close");
  }

  @Test
  void aPolicyIsThereBeforeTheTableIs() {
    assertThat(cli.run("add-tables", "--schema-changes=add", "s.a.b:c.d", "s.a.e:c.f")).isZero();
    assertThat(cli.consumer.asked)
        .containsExactly(
            "schema changes of s.a.b:c.d: ADD",
            "ADD s.a.b:c.d",
            "schema changes of s.a.e:c.f: ADD",
            "ADD s.a.e:c.f",
            "close");
    assertThat(cli.run("add-tables", "--schema-changes=default", "s.a.b:c.d"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("'default': none of stop, add, follow, ignore");
  }

  @Test
  void subscribesATableFromATimeIntoAGroup() {
    assertThat(cli.run("add-tables", "--group=g", "--from", "now", "s.a.b:c.d")).isZero();
    assertThat(cli.consumer.asked).containsExactly("ADD_FROM now IN \"g\" s.a.b:c.d", "close");
  }

  @ParameterizedTest
  @CsvSource({"create-schemas, CREATE", "resync, RESYNC"})
  void definitionsComeAfterAllTablesThatWereDone(String verb, String command) {
    cli.consumer.failures.put(command + " s.a.e:c.f", new IllegalStateException("refused"));
    cli.consumer.copies.add(new SchemaCopy(ONE, "index \"i\"", Outcome.CREATED, null, null));
    cli.consumer.copies.add(new SchemaCopy(ONE, "index \"k\"", Outcome.EXISTS, null, null));
    cli.consumer.copies.add(
        new SchemaCopy(ONE, "foreign key \"f\"", Outcome.LEFT_OUT, "not subscribed", null));
    assertThat(
            cli.run(
                verb,
                "--with",
                "indexes,Constraints",
                "--source-uri",
                "postgres://me@h/s",
                "s.a.b:c.d",
                "s.a.e:c.f"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked)
        .containsExactly(
            command + " s.a.b:c.d",
            command + " s.a.e:c.f",
            "copy [CONSTRAINTS, INDEXES] of [s.a.b:c.d]",
            "close");
    assertThat(cli.out.toString().lines().skip(1))
        .containsExactly(
            "s.a.b:c.d: index \"i\" created",
            "s.a.b:c.d: foreign key \"f\" left out: not subscribed",
            "definitions: 1 created, 1 there already, 1 left out, 0 failed");
  }

  @Test
  void aDefinitionThatFailsIsToldWithItsSqlAndFailsTheCommand() {
    cli.consumer.copies.add(
        new SchemaCopy(ONE, "index \"i\"", Outcome.FAILED, "no", "CREATE INDEX i;"));
    assertThat(
            cli.run(
                "create-schemas", "--with=indexes", "--source-uri=postgres://me@h/s", "s.a.b:c.d"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "creek-consumer: s.a.b:c.d: index \"i\" failed: no", "  -> CREATE INDEX i;");
  }

  @Test
  void definitionsNeedOneSourceAndPartsThatExist() {
    assertThat(cli.run("resync", "--with", "triggers", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("--with 'triggers'");
    assertThat(cli.run("resync", "--with", "indexes", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("give --source-uri");
    assertThat(
            cli.run(
                "resync",
                "--with",
                "indexes",
                "--source-uri=postgres://me@h/s",
                "s.a.b:c.d",
                "t.a.b:c.e"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("one source database");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void changesTheGroupOfEachTable() {
    assertThat(cli.run("set-group", "one", "c.d", "c.e")).isZero();
    assertThat(cli.run("set-group", "", "c.d")).isZero();
    assertThat(cli.consumer.asked)
        .containsExactly(
            "SET_GROUP \"one\" c.d",
            "SET_GROUP \"one\" c.e",
            "close",
            "SET_GROUP \"\" c.d",
            "close");
  }

  @Test
  void fillsColumnsOfASubscribedTable() {
    cli.consumer.subscribed.add(
        new Subscription(
            ONE,
            true,
            new TableState(TableState.Name.STREAMING, null, null),
            Position.NONE,
            0,
            0,
            List.of()));
    assertThat(cli.run("fill", "c.d", "v", "a \"b\"")).isZero();
    assertThat(cli.consumer.asked)
        .containsExactly("subscriptions", "FILL \"v\",\"a \"\"b\"\"\" s.a.b:c.d", "close");
    assertThat(cli.out.toString().lines()).containsExactly("s.a.b:c.d: done by fill");
  }

  @Test
  void fillsNothingOfATableThatIsNotSubscribed() {
    assertThat(cli.run("fill", "c.e", "v")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).containsExactly("subscriptions", "close");
    assertThat(cli.err.toString())
        .contains("c.e is not subscribed; list-tables shows the subscriptions");
  }

  @Test
  void refusesToFillWhatCannotBeAColumn() {
    assertThat(cli.run("fill", "c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("fill", "c.d", "")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("fill", "c.d", "x".repeat(64))).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("fill", "c.d", "v", "v")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("fill", "s.a.b:c.d", "v")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString())
        .contains("the name of a column has between 1 and 63 bytes")
        .contains("a column is named twice");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @Test
  void setsThePolicyOfEachTableForChangesOfItsSchema() {
    assertThat(cli.run("set-schema-changes", "follow", "c.d", "c.e")).isZero();
    assertThat(cli.run("set-schema-changes", "default", "c.d")).isZero();
    assertThat(cli.run("set-schema-changes", "stop", "c.unknown")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString()).contains("c.unknown is not subscribed");
    assertThat(cli.run("set-schema-changes", "guess", "c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("'guess': none of stop, add, follow, ignore, default");
    assertThat(cli.consumer.asked)
        .containsExactly(
            "schema changes of c.d: FOLLOW",
            "schema changes of c.e: FOLLOW",
            "close",
            "schema changes of c.d: null",
            "close",
            "schema changes of c.unknown: STOP",
            "close");
  }

  @Test
  void printsDifferencesAsAScriptAndRunsWhatIsClear() {
    cli.consumer.differences.add(
        new SchemaDifference(
            Kind.COLUMN_ADDED,
            "b",
            "column \"b\" is missing",
            List.of("ALTER TABLE t ADD COLUMN b int4;"),
            Work.CATALOG,
            true));
    cli.consumer.differences.add(
        new SchemaDifference(
            Kind.COLUMN_GONE,
            "a",
            "column \"a\" is gone from the source",
            List.of("ALTER TABLE t DROP COLUMN a;"),
            Work.CATALOG,
            false));
    assertThat(cli.run("schema-diff", "s.a.b:c.d")).isZero();
    assertThat(cli.out.toString())
        .isEqualToNormalizingNewlines(
            """
            -- s.a.b:c.d
            -- column "b" is missing: locks the table for a moment; rows that are there get values with their next change, or by a snapshot
            ALTER TABLE t ADD COLUMN b int4;
            -- column "a" is gone from the source: locks the table for a moment
            -- ALTER TABLE t DROP COLUMN a;
            """);
    assertThat(cli.run("schema-diff", "--apply", "s.a.b:c.d")).isZero();
    assertThat(cli.out.toString()).contains("-- done: 1; left to you: 1");
    assertThat(cli.consumer.asked)
        .containsExactly(
            "differences of s.a.b:c.d",
            "close",
            "differences of s.a.b:c.d",
            "end [b] of s.a.b:c.d",
            "close");
  }

  @Test
  void aSchemaIsAlsoComparedWithTheSourcesCatalogWhereOneIsNamed() {
    String[] with = {"schema-diff", "--source-uri", "postgres://me@h/s", "s.a.b:c.d"};
    assertThat(cli.run(with)).isZero();
    assertThat(cli.out.toString())
        .isEqualToNormalizingNewlines(
            """
            -- s.a.b:c.d: the target fits the source
            -- nothing else of the source's definitions is missing
            """);
    cli.consumer.definitions.add(
        new DefinitionDifference(
            ONE,
            "index \"i\" is missing",
            List.of(new Statement("CREATE INDEX CONCURRENTLY i ON t (a);", Work.INDEX_BESIDE)),
            true));
    cli.consumer.copies.add(
        new SchemaCopy(ONE, "index \"i\"", SchemaCopy.Outcome.FAILED, "no room", null));
    assertThat(cli.run(with)).isZero();
    assertThat(cli.out.toString())
        .contains(
            """
            -- s.a.b:c.d, by the source's catalog
            -- index "i" is missing: reads all rows and builds an index while others read and write; not in a transaction
            CREATE INDEX CONCURRENTLY i ON t (a);
            """);
    cli.consumer.asked.clear();
    assertThat(cli.run("schema-diff", "--apply", "--source-uri", "postgres://me@h/s", "s.a.b:c.d"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString()).contains("s.a.b:c.d: index \"i\" failed: no room");
    assertThat(cli.consumer.asked)
        .containsExactly("differences of s.a.b:c.d", "copy all of [s.a.b:c.d]", "close");
    assertThat(
            cli.run("schema-diff", "--source-uri", "postgres://me@h/s", "s.a.b:c.d", "o.a.b:c.e"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("schema-diff takes tables of one source database");
  }

  @Test
  void definitionsAreNotComparedOfATableThatCouldNotBe() {
    cli.consumer.failures.put("differences of s.a.b:c.d", new IllegalStateException("gone"));
    assertThat(
            cli.run("schema-diff", "--source-uri", "postgres://me@h/s", "s.a.b:c.d", "s.a.b:c.e"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).contains("definitions of [s.a.b:c.e]");
  }

  @Test
  void refusesABadGroupBeforeAnythingIsDone() {
    String tooLong = "x".repeat(64);
    for (String name : List.of(tooLong, "a\nb", " a", "a ", "\t")) {
      assertThat(cli.run("set-group", name, "c.d")).isEqualTo(ExitCode.USAGE);
      assertThat(cli.run("add-tables", "--group", name, "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
      assertThat(cli.run("resync", "--group", name, "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    }
    assertThat(cli.err.toString())
        .contains("the name of a group has at most 63 bytes, not 64")
        .contains("must not hold control characters")
        .contains("has white space around it");
    assertThat(cli.run("add-tables", "--group", "", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("--group must not be empty");
    assertThat(cli.run("set-group", "one")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("set-group", "one", "s.a.b:c.d")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.consumer.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"remove-tables", "remove-table"})
  void removeTablesByEitherName(String verb) {
    cli.consumer.failures.put("REMOVE c.unknown", new IllegalStateException("is not subscribed"));
    assertThat(cli.run(verb, "c.d", "c.unknown", "\"C\".e")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).contains("REMOVE c.d", "REMOVE c.unknown", "REMOVE C.e");
    assertThat(cli.out.toString().lines())
        .containsExactly("c.d: done by remove_table", "C.e: done by remove_table");
    assertThat(cli.err.toString()).contains("c.unknown: is not subscribed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"add-tables", "create-schemas", "snapshot", "resync", "remove-tables"})
  void anArgumentThatCannotBeReadKeepsEverythingFromBeingDone(String verb) {
    assertThat(cli.run(verb, "c.d", "x", "a.b.c:d.e", "y")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("'x'").contains("'y'");
    assertThat(cli.consumer.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add-tables",
        "create-schemas",
        "snapshot",
        "apply-snapshot",
        "resync",
        "remove-tables"
      })
  void atLeastOneTableMustBeNamed(String verb) {
    assertThat(cli.run(verb)).isEqualTo(ExitCode.USAGE);
    assertThat(cli.err.toString()).contains("missing required");
  }

  @Test
  void quotedPartsMayHoldAnything() {
    assertThat(cli.run("add-tables", "s.\"My Schema\".\"a.b:c\":public.\"x\"\"y\"")).isZero();
    assertThat(cli.consumer.asked).contains("ADD s.\"My Schema\".\"a.b:c\":public.\"x\"\"y\"");
  }

  @Test
  void whatACommandWaitsForIsTold() {
    cli.consumer.steps.put(
        Verb.ADD_TABLE,
        Flux.just(new CommandStep.Remark("waiting: NATS is away"), new CommandStep.Done("ok")));
    assertThat(cli.run("add-tables", "s.a.b:c.d")).isZero();
    assertThat(cli.err.toString().lines()).containsExactly("s.a.b:c.d: waiting: NATS is away");
  }

  @Test
  void aSignalEndsWhatIsUnderWayAndBeginsNothingElse() throws Exception {
    Sinks.Empty<Void> stopped = Sinks.empty();
    cli.consumer.steps.put(
        Verb.REMOVE_TABLE,
        Flux.error(new IllegalStateException("command 7 continues in the service"))
            .ofType(CommandStep.class)
            .delaySubscription(stopped.asMono()));
    cli.consumer.stopping = Mono.fromRunnable(stopped::tryEmitEmpty);
    var code = CompletableFuture.supplyAsync(() -> cli.run("remove-tables", "c.d", "c.e"));
    Awaitility.await().until(() -> cli.consumer.asked.contains("REMOVE c.d"));
    cli.signal.get().accept("SIGINT");
    assertThat(code.get(1, TimeUnit.MINUTES)).isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).containsExactly("REMOVE c.d", "stop", "close");
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "creek-consumer: c.d: command 7 continues in the service",
            "creek-consumer: c.e: not begun");
  }

  @Test
  void cancelTellsOfEachHowItEnded() {
    cli.consumer.commands.add(ended(7, "cancelled", "by me; the table is as it was"));
    cli.consumer.commands.add(ended(8, "ok", "1 row"));
    assertThat(cli.run("cancel", "7")).isZero();
    assertThat(cli.out.toString().strip())
        .isEqualTo("command 7: cancelled by me; the table is as it was");
    assertThat(cli.run("cancel", "8", "7")).isEqualTo(ExitCode.FAILED);
    assertThat(cli.err.toString())
        .contains("command 8: it ended before it could be cancelled: ok, 1 row");
    assertThat(cli.consumer.asked).filteredOn(a -> a.startsWith("cancel")).hasSize(3);
    assertThat(cli.run("cancel", "x", "7")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.run("cancel")).isEqualTo(ExitCode.USAGE);
    assertThat(cli.consumer.asked).filteredOn(a -> a.startsWith("cancel")).hasSize(3);
  }

  private static CommandRecord ended(long id, String status, String detail) {
    Instant now = Instant.EPOCH;
    return new CommandRecord(
        id, now, "me", "RESYNC s.a.b:c.d", status, now, now, null, null, null, detail, 1);
  }

  @Test
  void aSignalEndsALineThatNeverAnswers() throws Exception {
    cli.consumer.steps.put(Verb.ADD_TABLE, Flux.never());
    var code = CompletableFuture.supplyAsync(() -> cli.run("add-tables", "s.a.b:c.d"));
    Awaitility.await().until(() -> cli.consumer.asked.contains("ADD s.a.b:c.d"));
    cli.signal.get().accept("SIGINT");
    assertThat(code.get(1, TimeUnit.MINUTES)).isEqualTo(ExitCode.FAILED);
  }
}
