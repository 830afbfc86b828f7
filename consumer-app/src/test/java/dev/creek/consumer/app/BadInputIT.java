package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a verb is given: it says in one line what is wrong, ends with 1, changes nothing. */
final class BadInputIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final String MAPPING = "shop.public.orders:copy.orders";

  /** Nobody listens there. */
  private static final int DEAD_PORT = 1;

  private static final List<String> FOR_THE_DATABASE =
      List.of(
          "add-tables " + MAPPING,
          "remove-tables copy.there",
          "list-tables",
          "status",
          "init",
          "verify --source-uri postgres://me@127.0.0.1:1/shop " + MAPPING);

  private static final List<String> FOR_BOTH =
      List.of(
          "create-schemas " + MAPPING,
          "snapshot --snapshot-stall 1s " + MAPPING,
          "apply-snapshot --name CREEK.shop.snap.public.orders.1 " + MAPPING,
          "resync --snapshot-stall 1s " + MAPPING);

  private static PostgresDatabase target;

  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void prepare() {
    target = POSTGRES.freshDatabase();
    LocalRun init = LocalRun.of(Map.of("DB_URI", uri()), "init");
    assertThat(init.code()).as(init.said()).isZero();
    target.execute(
        "create schema copy",
        "create table copy.canary (id int primary key)",
        "create table copy.there (id int primary key)",
        """
        insert into _creek_consumer.subscriptions (topic, target, lsn, "timestamp", active, state)
        values ('shop.public.there', 'copy.there', '0/0', '0001-01-01Z', true, 'waiting')
        """);
  }

  /** A cold JVM on a busy machine needs more than the usual 10 s for its first connection. */
  private static String uri() {
    return target.patientUri();
  }

  @BeforeEach
  void connect() {
    environment.putAll(
        Map.of("NATS_URI", NATS.server().uri(), "DB_URI", uri(), "PROMETHEUS_PORT", "off"));
  }

  static Stream<String> forBoth() {
    return FOR_BOTH.stream();
  }

  static Stream<String> forTheDatabase() {
    return Stream.concat(FOR_THE_DATABASE.stream(), FOR_BOTH.stream());
  }

  static Stream<String> forTheBroker() {
    return Stream.concat(Stream.of("list-snapshots shop.public.orders"), FOR_BOTH.stream());
  }

  @ParameterizedTest
  @MethodSource("forTheDatabase")
  void aDatabaseThatIsAway(String line) {
    environment.put("DB_URI", "postgres://me:geheim@127.0.0.1:" + DEAD_PORT + "/db");
    assertThat(refusal(line.split(" "))).contains("me@127.0.0.1").doesNotContain("geheim");
  }

  @ParameterizedTest
  @MethodSource("forTheBroker")
  void aBrokerThatIsAway(String line) {
    environment.put("NATS_URI", "nats://me:geheim@127.0.0.1:" + DEAD_PORT);
    assertThat(refusal(line.split(" "))).contains("127.0.0.1").doesNotContain("geheim");
  }

  @ParameterizedTest
  @MethodSource("forTheDatabase")
  void aRoleThatMayNot(String line) {
    String role = "nobody_" + Long.toHexString(System.nanoTime());
    target.execute("create role " + role + " login password 'geheim'");
    environment.put("DB_URI", uri().replaceFirst("://[^@]*@", "://" + role + ":geheim@"));
    try {
      assertThat(refusal(line.split(" "))).contains("permission denied").contains("hint: ");
    } finally {
      target.execute("drop role " + role);
    }
  }

  @ParameterizedTest
  @MethodSource("forBoth")
  void aTableThatNobodyKnows(String line) {
    assertThat(refusal(line.split(" "))).contains("orders");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'; drop table copy.canary; --",
        "$creek$; drop table copy.canary; $creek$",
        "%s%I%L%1$s",
        "$1",
        "\\'; drop table copy.canary; --",
        "x\"\"; drop table copy.canary; --",
        "*.>"
      })
  void hostileText(String text) {
    String name = '"' + text + '"';
    String hostile = "shop." + name + "." + name + ":" + name + "." + name;
    for (String mapping : List.of(hostile, "shop.public.orders:copy." + name)) {
      refusal("create-schemas", mapping);
      refusal("snapshot", "--snapshot-stall", "1s", mapping);
      refusal("resync", "--snapshot-stall", "1s", mapping);
      refusal("apply-snapshot", "--name", text, mapping);
      refusal("apply-snapshot", "--name", text, "--force", "--mode", "clean", mapping);
    }
    refusal("apply-snapshot", "--name", text, MAPPING);
    refusal("remove-tables", "copy." + name);
    assertThat(refusal("add-tables", hostile)).contains("does not exist");
    target.execute(
        "create schema " + name, "create table " + name + "." + name + " (id int primary key)");
    assertThat(LocalRun.of(environment, "add-tables", hostile).code()).as("a name").isZero();
    target.execute("drop schema " + name + " cascade");
    target.execute("delete from _creek_consumer.subscriptions where target <> 'copy.there'");
    assertThat(target.value("select count(*) from copy.canary")).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x\"; drop table copy.canary; --", "'; drop table copy.canary; --", "%s$1"})
  void aHostileNameForTheControlSchema(String name) {
    LocalRun run =
        LocalRun.of(
            environment, "add-tables", "--db-namespace", name, "shop.public.canary:copy.canary");
    assertThat(run.code()).as(run.said()).isZero();
    target.execute("drop schema \"" + name.replace("\"", "\"\"") + "\" cascade");
    assertThat(target.value("select count(*) from copy.canary")).isEqualTo("0");
  }

  @Test
  void theQuotesOfFunctionBodiesInTheControlSchemasName() {
    assertThat(refusal("add-tables", "--db-namespace", "a$creek$", MAPPING))
        .contains("must not contain $creek$");
  }

  @Test
  void aTargetThatDoesNotExistAsInSql() {
    assertThat(refusal("add-tables", MAPPING))
        .contains("table copy.orders does not exist", "create-schemas '" + MAPPING + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add-tables|shop.public.canary:copy.canary ",
        "add-tables| shop.public.canary:copy.canary",
        "add-tables|shop.public.canary:copy .canary",
        "resync|shop.public.canary: copy.canary",
        "remove-tables|copy.there\u00a0",
        "verify|shop.public.canary:copy.canary\t",
        "list-snapshots|shop.public.canary\u200b"
      })
  void whiteSpaceAroundANameIsRefusedBeforeAnythingIsDone(String line) {
    int bar = line.indexOf('|');
    LocalRun run = LocalRun.of(environment, line.substring(0, bar), line.substring(bar + 1));
    assertThat(run.code()).as(run.said()).isEqualTo(2);
    assertThat(run.err()).contains("white space around a name");
  }

  @Test
  void anotherSourceForASubscribedTable() {
    assertThat(refusal("add-tables", "shop.public.other:copy.there"))
        .contains("copy.there is subscribed to another source");
  }

  /** What it says, having changed nothing. */
  private String refusal(String... arguments) {
    List<List<String>> before = picture();
    LocalRun run = LocalRun.of(environment, arguments);
    assertThat(run.code()).as(run.said()).isOne();
    assertThat(run.out()).isEmpty();
    // Before it there may be how far it came.
    List<String> lines = run.err().lines().toList();
    String last = lines.get(lines.size() - 1);
    assertThat(last).startsWith("creek-consumer: ").doesNotContain("Exception");
    assertThat(picture()).isEqualTo(before);
    return run.err();
  }

  private static List<List<String>> picture() {
    return target.query(
        """
        select n.nspname, c.relname, null
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        union all
        select topic, target, active::text || ' ' || state from _creek_consumer.subscriptions
        union all
        select command, status, null from _creek_consumer._notification_log
        order by 1, 2, 3
        """);
  }
}
