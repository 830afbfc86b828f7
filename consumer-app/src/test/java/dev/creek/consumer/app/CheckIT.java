package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code check} says of real servers, and that it leaves them as they are. */
final class CheckIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final String MAPPING = "shop.public.orders:copy.orders";
  private static final Pattern STATEMENT = Pattern.compile("-> ((GRANT|ALTER) .*;)");

  private final TableWire orders =
      TableWire.of(SourceTable.parse("shop.public.orders"))
          .generation(Generation.NEW)
          .column("id", "int4", Flag.KEY)
          .column("note", "text");
  private final Map<String, String> environment = new HashMap<>();
  private PostgresDatabase target;
  private Producer producer;

  @BeforeEach
  void connect(PostgresDatabase database, NatsServer nats) throws Exception {
    target = database;
    producer = Producer.of(nats, "shop");
    producer.publishSchema(orders);
    environment.put("NATS_URI", nats.uri());
    environment.put("DB_URI", target.patientUri());
  }

  @AfterEach
  void disconnect() throws Exception {
    producer.close();
  }

  @Test
  void isContentWithWhatCanRun() throws Exception {
    assertThat(LocalRun.of(environment, "create-schemas", MAPPING).code()).isZero();
    assertThat(LocalRun.of(environment, "add-tables", MAPPING).code()).isZero();
    LocalRun check = LocalRun.of(environment, "check");
    assertThat(check.code()).describedAs(check.said()).isZero();
    assertThat(check.out().lines())
        .anyMatch(line -> line.matches("ok +broker: nats-server [0-9.]+ at nats://127.* ms.*"))
        .anyMatch(line -> line.matches("ok +target: PostgreSQL [0-9.]+ at .* round trip .* ms"))
        .anyMatch(line -> line.matches("ok +schema _creek_consumer: is at version \\d+"))
        .anyMatch(
            line -> line.matches("ok +stream CREEK_wal_shop: new generation, \\d+ messages.*"))
        .anyMatch(line -> line.matches("warning +stream CREEK_wal_shop: drops messages .* 2 min.*"))
        .contains(
            "ok       " + MAPPING + ": its schema is known",
            "ok       " + MAPPING + ": the target table fits the source")
        .last()
        .matches(line -> line.endsWith(" 0 problems"));
    JsonNode json = new ObjectMapper().readTree(LocalRun.of(environment, "check", "--json").out());
    assertThat(json).isNotEmpty().allMatch(finding -> finding.hasNonNull("level"));
  }

  @Test
  void changesNothing() {
    LocalRun check = LocalRun.of(environment, "check", MAPPING);
    assertThat(check.code()).isEqualTo(1);
    assertThat(check.out())
        .contains("ok       schema _creek_consumer: does not exist yet; init or serve creates it")
        .contains("problem  " + MAPPING + ": the target table does not exist")
        .contains("-> creek-consumer create-schemas '" + MAPPING + "'");
    assertThat(
            target.query("select from pg_namespace where nspname in ('_creek_consumer', 'copy')"))
        .isEmpty();
  }

  @Test
  void itsFixesMendWhatTheRoleLacks() throws Exception {
    assertThat(LocalRun.of(environment, "create-schemas", MAPPING).code()).isZero();
    String role = "lean_" + Long.toHexString(System.nanoTime());
    target.execute("create role " + role + " login password 'geheim'");
    URI uri = URI.create(target.uri());
    environment.put(
        "DB_URI",
        "postgres://%s:geheim@%s:%d%s?connect_timeout=60"
            .formatted(role, uri.getHost(), uri.getPort(), uri.getPath()));
    try {
      LocalRun check = LocalRun.of(environment, "check", MAPPING);
      assertThat(check.code()).isEqualTo(1);
      assertThat(check.out())
          .contains("schema _creek_consumer: the role lacks usage of it")
          .contains("lacks SELECT, INSERT, UPDATE, DELETE, TRUNCATE")
          .doesNotContain("geheim");
      for (String fix : STATEMENT.matcher(check.out()).results().map(m -> m.group(1)).toList()) {
        if (!fix.contains("OWNER")) {
          target.execute(fix);
        }
      }
      target.execute("grant usage on schema _creek_consumer to " + role);
      target.execute(
          "grant select, insert, update, delete on all tables in schema _creek_consumer to "
              + role);
      LocalRun again = LocalRun.of(environment, "check", MAPPING);
      assertThat(again.code()).describedAs(again.said()).isZero();
    } finally {
      target.execute("drop owned by " + role + "; drop role " + role);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    target.execute("create schema copy; create unlogged table copy.orders (id int primary key)");
    LocalRun check = LocalRun.of(environment, "check", MAPPING);
    assertThat(check.code()).isEqualTo(1);
    assertThat(check.out())
        .contains("does not fit the source: column \"note\" is missing")
        .contains("-> ALTER TABLE \"copy\".\"orders\" ADD COLUMN \"note\" text;")
        .contains("is unlogged: a crash of the server empties it");
  }

  @Test
  void readsWhatTheGoConsumerSubscribed() {
    target.execute(
        """
        create schema _creek_consumer;
        create table _creek_consumer.subscriptions (
            topic text, target text primary key, lsn pg_lsn, timestamp timestamptz, active bool);
        insert into _creek_consumer.subscriptions
        values ('shop.public.orders', 'copy.orders', '0/1', now(), true);
        """);
    LocalRun check = LocalRun.of(environment, "check");
    assertThat(check.out())
        .contains("is at version 0; init or serve upgrades it to ")
        .contains(MAPPING + ": its schema is known");
  }

  @Test
  void saysOfEachServerThatItIsAwayAndHidesItsPassword() {
    environment.put("NATS_URI", "nats://me:geheim@127.0.0.1:1");
    environment.put("DB_URI", "postgres://me:geheim@127.0.0.1:1/db");
    LocalRun check = LocalRun.of(environment, "check", MAPPING);
    assertThat(check.code()).isEqualTo(1);
    assertThat(check.out().lines().filter(line -> line.startsWith("problem")))
        .hasSize(2)
        .anyMatch(line -> line.startsWith("problem  broker: "))
        .anyMatch(line -> line.startsWith("problem  target: "));
    assertThat(check.said()).doesNotContain("geheim");
  }

  @Test
  void saysThatADatabaseHasNoStreamsAndThatANameCannotTravel() {
    LocalRun check = LocalRun.of(environment, "check", "other.public.t:c.t", "shop.\"a b\".t:c.t");
    assertThat(check.code()).isEqualTo(1);
    assertThat(check.out())
        .contains("problem  database other: there is no stream CREEK_wal_other")
        .contains("schema name 'a b' cannot be part of a NATS subject");
  }

  @Test
  void saysWhatTheProducerCannotCarry(PostgresDatabase source) {
    source.execute(
        """
        create table orders (id int primary key, note text, price numeric, data bytea);
        insert into orders
        select 1, string_agg(md5(i::text), ''), 1, 'x' from generate_series(1, 1000) as i;
        create publication pub for table orders;
        create table keyless (id int);
        create domain positive as int check (value > 0);
        create domain evenly as positive;
        create domain word as text;
        create table odd (
            id int primary key, p positive, e evenly, w word, n numeric(5, 2), j jsonb, a int[],
            far date, near date);
        insert into odd select i, 1, 2, 'w', 3, '{}', '{}', 'infinity', current_date
        from generate_series(1, 50) as i;
        analyze odd;
        """);
    LocalRun check =
        LocalRun.of(
            environment,
            "check",
            "--source-uri",
            source.uri(),
            MAPPING,
            "shop.public.keyless:copy.keyless",
            "shop.public.nothing:copy.nothing",
            "shop.public.odd:copy.odd");
    assertThat(check.out())
        .contains(
            "drops every row that has a value there from snapshots, though not from changes: p (a domain over integer), e (a domain over integer)")
        .contains(
            "drops rows with some values: j (JSON that is no object), a (arrays with a NULL in them), far (infinite times, in snapshots)")
        .doesNotContain("n numeric")
        .contains(
            MAPPING
                + ": the producer drops every row that has a value in price numeric, data bytea")
        .contains(MAPPING + ": has large values stored out of line (note, data)")
        .contains("copy.keyless: the source has no replica identity")
        .contains("copy.keyless: no publication contains it")
        .contains("copy.nothing: the source has no such table");
    assertThat(List.of(check.said())).noneMatch(said -> said.contains("password="));
  }
}
