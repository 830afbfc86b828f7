package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Set-up, another table, one that stops and why, healing it: beside the packaged service, once with
 * SQL alone, once with the command line alone.
 */
final class OperatorsDayIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final Map<String, String> environment = new HashMap<>(path.environment());
  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private Jar service;

  @BeforeEach
  void start() {
    for (String table : List.of("orders", "items")) {
      source.execute(
          "create table " + table + " (id int primary key, note text)",
          "insert into " + table + " select i, 'note' from generate_series(1, 100) i");
    }
    producer = path.produce(Generation.OLD);
    update("orders", 1, "first");
    update("items", 1, "first");
    producer.awaitCaughtUp(PATIENCE);
    environment.put("SOURCE_URI", source.uri());
    service = Jar.start(List.of("-Xmx96m", "-XX:TieredStopAtLevel=1"), environment, "serve");
    await()
        .atMost(PATIENCE)
        .failFast("it ended", () -> !service.isRunning())
        .ignoreExceptions()
        .until(() -> !target.query("select from _creek_consumer.instances").isEmpty());
  }

  @AfterEach
  void end() {
    service.close();
  }

  @Test
  void inSql() {
    String orders = mapping("orders");
    String items = mapping("items");

    // Set-up.
    ask("create_schema('" + orders + "')", "ok");
    ask("add_table('" + orders + "')", "ok");
    ask("snapshot('" + orders + "', 'upsert')", "ok");
    awaitNote("orders", 1, "first");

    // Another table.
    ask("resync('" + items + "')", "ok");
    update("items", 2, "second");
    awaitNote("items", 2, "second");

    // One stops. Why?
    target.execute("alter table items add constraint short check (length(note) < 10)");
    update("items", 3, "far too long for it");
    update("items", 4, "fourth");
    await()
        .atMost(PATIENCE)
        .until(() -> "failed".equals(subscription("items", "state")) && failedAt() != null);
    assertThat(subscription("items", "reason")).contains("at stream sequence", "short");
    assertThat(subscription("items", "hint")).isNotBlank();

    // The change is of no use.
    ask("skip_change('public.items', " + failedAt() + ")", "ok");
    awaitNote("items", 4, "fourth");
    assertThat(note("items", 3)).isEqualTo("note");

    // It is, after all.
    target.execute("alter table items drop constraint short");
    ask("resync('" + items + "')", "ok");
    assertThat(note("items", 3)).isEqualTo("far too long for it");

    ask("remove_table('public.orders')", "ok");
    assertThat(target.query("select target from _creek_consumer.subscriptions where active = true"))
        .containsExactly(List.of("public.items"));
    ask("create_schema('" + source.name() + ".public.none:public.none')", "no schema of");
  }

  @Test
  void inTheShell() {
    String orders = mapping("orders");
    String items = mapping("items");

    // Set-up.
    LocalRun check = LocalRun.of(environment, "check", orders);
    assertThat(check.code()).isOne();
    assertThat(check.out()).contains("creek-consumer create-schemas '" + orders + "'");
    assertThat(run("create-schemas", orders)).contains(": created");
    assertThat(run("add-tables", orders)).contains(": subscribed");
    assertThat(run("snapshot", orders)).contains("100 rows of ");
    assertThat(run("check", orders)).contains(" 0 problems");
    awaitNote("orders", 1, "first");

    // Another table.
    assertThat(run("resync", items)).contains("100 rows of ", ", subscribed");
    assertThat(run("verify", orders, items)).contains(": equal, 100 rows");

    // One stops. Why?
    target.execute("alter table items add constraint short check (length(note) < 10)");
    update("items", 3, "far too long for it");
    await().atMost(PATIENCE).until(() -> LocalRun.of(environment, "status").code() == 1);
    assertThat(LocalRun.of(environment, "status").out())
        .containsPattern("public\\.items is failed: .*short")
        .contains("-> ");
    assertThat(run("list-tables")).containsPattern("public\\.items +yes +failed");

    // Mended, it goes on by itself.
    target.execute("alter table items drop constraint short");
    awaitNote("items", 3, "far too long for it");
    await().atMost(PATIENCE).until(() -> LocalRun.of(environment, "status").code() == 0);

    // Somebody wrote to the target.
    target.execute("update items set note = 'mine' where id = 7");
    assertThat(LocalRun.of(environment, "verify", "--patience", "0", items).code()).isOne();
    assertThat(run("resync", items)).contains(", subscribed");
    assertThat(run("verify", items)).contains(": equal, 100 rows");

    // The source's table gets a column, with more than changes tell of it.
    source.execute(
        "alter table items add column v int not null default 7",
        "create index items_v on items (v)");
    update("items", 5, "fifth");
    await().atMost(PATIENCE).until(() -> "failed".equals(subscription("items", "state")));
    String added = "ALTER TABLE \"public\".\"items\" ADD COLUMN \"v\" int4;";
    assertThat(subscription("items", "hint")).isEqualTo(added);
    assertThat(run("schema-diff", items))
        .contains(
            "\n" + added + "\n",
            "\nALTER TABLE \"public\".\"items\" ALTER COLUMN \"v\" SET DEFAULT 7;\n",
            "\n-- ALTER TABLE \"public\".\"items\" ALTER COLUMN \"v\" SET NOT NULL;\n",
            "\nCREATE INDEX CONCURRENTLY \"items_v\" ON \"public\".\"items\" USING btree (v);\n");
    assertThat(run("schema-diff", "--apply", items))
        .contains(
            "-- done: 1; left to you: 0",
            "NOT NULL of column \"v\" left out",
            "default of column \"v\" created",
            "index \"items_v\" created");
    awaitNote("items", 5, "fifth");
    assertThat(run("fill", "public.items", "v")).contains("100 rows of ");
    assertThat(run("schema-diff", "--apply", items))
        .contains("the target fits the source", "NOT NULL of column \"v\" created");
    assertThat(run("schema-diff", items))
        .contains("nothing else of the source's definitions is missing");
    assertThat(run("verify", items)).contains(": equal, 100 rows");

    assertThat(run("remove-table", "public.orders")).contains(": removed");
    assertThat(run("status")).contains("RESYNC " + items);
  }

  private String mapping(String table) {
    return source.name() + ".public." + table + ":public." + table;
  }

  private void update(String table, int id, String note) {
    source.execute("update %s set note = '%s' where id = %d".formatted(table, note, id));
  }

  /** As in psql: the function, then CALL. */
  private void ask(String function, String outcome) {
    String id = target.value("select _creek_consumer." + function);
    assertThat(target.value("call _creek_consumer.wait_for(" + id + ", '2 minutes', null)"))
        .as(function)
        .startsWith(outcome);
  }

  private String run(String... arguments) {
    LocalRun run = LocalRun.of(environment, arguments);
    assertThat(run.code()).as(run.said()).isZero();
    return run.out();
  }

  private String failedAt() {
    return subscription("items", "failed_seq");
  }

  private String subscription(String table, String column) {
    return target.value(
        "select %s from _creek_consumer.subscriptions where target = 'public.%s'"
            .formatted(column, table));
  }

  private String note(String table, int id) {
    return target.value("select note from %s where id = %d".formatted(table, id));
  }

  private void awaitNote(String table, int id, String note) {
    await(table + " " + id).atMost(PATIENCE).until(() -> note.equals(note(table, id)));
  }
}
