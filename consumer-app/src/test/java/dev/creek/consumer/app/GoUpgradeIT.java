package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.GoConsumer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The handbook's upgrade from the Go consumer, step by step, on a database that it left behind. */
final class GoUpgradeIT {
  @RegisterExtension static final WholePath path = WholePath.shared();

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String GO_ROW =
      "select topic, target, lsn, timestamp, active from _creek_consumer.subscriptions";

  private final Map<String, String> environment = path.environment();
  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final String mapping = path.mapping("orders").toString();

  /** Its position is some seconds old, as it stores one every ten seconds. */
  @BeforeEach
  void leaveADatabaseAsTheGoConsumerDoes() {
    source.execute("create table orders (id int primary key, note text)");
    TestProducer producer = path.produce(Generation.OLD);
    source.execute("insert into orders select i, 'new ' || i from generate_series(1, 100) i");
    String lsn = source.value("select pg_current_wal_lsn()");
    String timestamp = source.value("select clock_timestamp()");
    source.execute("update orders set note = 'changed ' || id where id <= 50");
    target.execute(
        GoConsumer.TABLES,
        GoConsumer.FUNCTIONS,
        "create table orders (id int primary key, note text)",
        """
        insert into orders
        select i, case when i <= 50 then 'changed ' else 'new ' end || i from generate_series(1, 100) i
        """,
        "insert into _creek_consumer.subscriptions values ('%s.public.orders', 'public.orders', '%s', '%s', true)"
            .formatted(source.name(), lsn, timestamp),
        "insert into _creek_consumer._notification_log (command, status) values ('ADD %s', 'ok')"
            .formatted(mapping));
    // While neither runs.
    source.execute(
        "delete from orders where id > 90",
        "insert into orders select i, 'late ' || i from generate_series(101, 200) i");
    producer.awaitCaughtUp(PATIENCE);
  }

  @Test
  void goesOnWhereTheGoConsumerStoppedAndCanGoBack() throws Exception {
    assertThat(steps()).containsExactly("check", "serve", "verify");
    List<List<String>> left = target.query(GO_ROW);

    LocalRun check = LocalRun.of(environment, "check");
    assertThat(check.code()).as(check.said()).isZero();
    assertThat(check.out()).contains(mapping + ": the target table fits the source");
    assertThat(target.query("select * from _creek_consumer.subscriptions"))
        .as("looked at, not changed")
        .isEqualTo(left);

    try (Jar service = Jar.start(List.of(), environment, "serve", "--prometheus-port", "0")) {
      await().until(() -> contents(target).equals(contents(source)));
      service.awaitLog("Metrics are at http://");
      String metrics = service.err().replaceAll("(?s).*Metrics are at (http://\\S+).*", "$1");
      await()
          .until(
              () ->
                  get(metrics)
                      .contains(
                          "creek_consumer_pg_inserts{creek_pg_source=\"public.orders\",creek_pg_target=\"public.orders\",creek_stream_type=\"wal\"}"));
      assertThat(get(metrics)).contains("log_messages_total{level=\"info\"}");
      LocalRun verify = LocalRun.of(environment, "verify", "--source-uri", source.uri(), mapping);
      assertThat(verify.code()).as(verify.said()).isZero();
      assertThat(verify.out()).contains("equal, 190 rows");
      // People go on with the functions that they know.
      target.execute("select _creek_consumer.remove_table('public.orders')");
      await().until(() -> target.query(GO_ROW).get(0).get(4).equals("f"));
      target.execute("select _creek_consumer.add_table('" + mapping + "')");
      source.execute("insert into orders values (1000, 'after all')");
      await().until(() -> contents(target).equals(contents(source)));
      service.signal("TERM");
      assertThat(service.exitCode()).as(service.toString()).isZero();
    }

    assertThat(target.query("select command, status from _creek_consumer._notification_log"))
        .contains(List.of("ADD " + mapping, "ok"));
    List<String> now = target.query(GO_ROW).get(0);
    assertThat(now.subList(0, 2))
        .as("what the Go consumer reads")
        .isEqualTo(left.get(0).subList(0, 2));
    assertThat(now.get(4)).isEqualTo("t");
    assertThat(
            target.value(
                "select lsn > '%s' and timestamp > '%s' from _creek_consumer.subscriptions"
                    .formatted(left.get(0).get(2), left.get(0).get(3))))
        .as("moved on")
        .isEqualTo("t");
  }

  /** The commands of the handbook's chapter, in order. */
  private static List<String> steps() throws Exception {
    String handbook = Files.readString(Path.of("..", "docs", "operations.md"));
    String chapter = handbook.replaceFirst("(?s).*\n## Upgrade from the Go consumer\n", "");
    return Pattern.compile("`creek-consumer ([a-z-]+)")
        .matcher(chapter.substring(0, chapter.indexOf("\n## ")))
        .results()
        .map((MatchResult command) -> command.group(1))
        .toList();
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select md5(string_agg(o::text, ',' order by id)) from orders o");
  }

  private static String get(String uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
        .body();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE).ignoreExceptions();
  }
}
