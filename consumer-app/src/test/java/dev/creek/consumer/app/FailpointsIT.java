package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The service dies, or a step fails, at each of the places that {@code Failpoint} names; afterwards
 * everything is there, and each change took effect once.
 */
@Tag("long")
final class FailpointsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int AS_IF_KILLED = 128 + 9;

  /** More than one batch, so that a source transaction of this size is written in parts. */
  private static final int LARGE = 25;

  private static final String BATCH_ROWS = "10";

  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private PostgresDatabase target;
  private NatsServer nats;
  private TableWire items;
  private WirePublisher publisher;
  private int published;

  @BeforeEach
  void prepare(PostgresDatabase database, NatsServer server) {
    target = database;
    nats = server;
    // Streams of its own for each case.
    String source = "source_" + database.name();
    items =
        TableWire.of(new SourceTable(source, "app", "items"))
            .generation(Generation.NEW)
            .column("id", "int4", TableWire.Flag.KEY)
            .column("note", "text");
    publisher = WirePublisher.of(nats, Generation.NEW, source);
    publisher.publishSchema(items);
    target.execute(
        "create table items (id int primary key, note text)",
        "create table effects (id int)",
        """
        create function log() returns trigger language plpgsql as $$
        begin
          insert into public.effects values (new.id);
          return new;
        end $$""",
        "create trigger log after insert or update on items for each row execute function log()");
  }

  @AfterEach
  void end() {
    publisher.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "before-claim",
        "after-claim",
        "before-apply@2",
        "before-commit",
        "after-commit",
        "after-commit@3"
      })
  void goesOnWhereItCrashed(String failpoint) {
    subscribe();
    publish();
    crash(failpoint);
    try (ServiceProcess service = serve("")) {
      awaitEachOnce(service);
      publish();
      awaitEachOnce(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"before-alter", "after-alter", "before-commit@2", "after-commit@9"})
  void altersTheTableTogetherWithThePosition(String failpoint) {
    subscribe();
    publish();
    publishOtherSchemaWithinATransaction();
    crash(failpoint);
    boolean isAltered =
        !target
            .query(
                "select from pg_attribute where attrelid = 'items'::regclass and attname = 'extra'")
            .isEmpty();
    assertThat(isAltered)
        .isEqualTo(
            !target
                .query("select from effects where id > %d".formatted(published - LARGE))
                .isEmpty());
    try (ServiceProcess service = serve("")) {
      awaitEachOnce(service);
      assertThat(target.value("select count(*) from items where extra = 'x'"))
          .isEqualTo("" + LARGE);
    }
  }

  /** The transaction is larger than a batch, on both sides of the change. */
  private void publishOtherSchemaWithinATransaction() {
    TableWire wider = items.column("extra", "text");
    publisher.publishSchema(wider);
    WalTx tx = WalTx.of(published);
    for (int i = 0; i < LARGE; i++) {
      publisher.publish(items.source(), items.insert(tx, published, "before"));
      published++;
    }
    for (int i = 0; i < LARGE; i++) {
      publisher.publish(wider.source(), wider.insert(tx, published, "after", "x"));
      published++;
    }
    publisher.flush();
  }

  @ParameterizedTest
  @ValueSource(strings = {"migration-step", "migration-step@3"})
  void startsAgainWhereAMigrationCrashed(String failpoint) {
    crash(failpoint);
    subscribe();
    publish();
    try (ServiceProcess service = serve("")) {
      awaitEachOnce(service);
    }
  }

  @Test
  void goesOnByItselfWhereAStepFailed() {
    subscribe();
    publish();
    try (ServiceProcess service =
        serve(
            "before-claim=error,after-claim=error@2,before-apply=error@2,before-commit=error,"
                + "after-commit=error@4")) {
      awaitEachOnce(service);
      publish();
      awaitEachOnce(service);
      assertThat(service.log().lines().filter(line -> line.contains("Failpoint "))).hasSize(5);
    }
  }

  private void subscribe() {
    try (CreekConsumer consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                BrokerOptions.builder(nats.uri()).build(),
                DatabaseOptions.of(target.patientUri())))) {
      consumer
          .tables()
          .add(new Mapping(items.source(), new TargetTable("public", "items")))
          .block(PATIENCE);
    }
  }

  /** Small transactions, a large one, and small ones. */
  private void publish() {
    for (int size : new int[] {1, 2, 3, LARGE, 1, LARGE, 2, 1}) {
      WalTx tx = WalTx.of(published);
      for (int i = 0; i < size; i++) {
        publisher.publish(items.source(), items.insert(tx, published, "note " + published));
        published++;
      }
    }
    publisher.flush();
  }

  private void crash(String failpoint) {
    int number = failpoint.indexOf('@');
    String name = number < 0 ? failpoint : failpoint.substring(0, number);
    String pass = number < 0 ? "" : failpoint.substring(number);
    try (ServiceProcess service = serve(name + "=crash" + pass)) {
      assertThat(service.awaitExit(PATIENCE)).as(service.logTail()).isEqualTo(AS_IF_KILLED);
      assertThat(service.log()).contains("Failpoint " + name);
    }
  }

  private ServiceProcess serve(String failpoints) {
    return ServiceProcess.of("serve", "--batch-rows", BATCH_ROWS)
        .jvmOptions("-Xmx96m", "-Dcreek.failpoints=" + failpoints)
        .environment("NATS_URI", nats.uri())
        .environment("DB_URI", target.patientUri())
        .environment("PROMETHEUS_PORT", "off")
        .environment("SCHEMA_CHANGES", "add")
        .start();
  }

  private void awaitEachOnce(ServiceProcess service) {
    await(service.logTail())
        .atMost(PATIENCE)
        .until(() -> target.value("select count(*) from items").equals("" + published));
    assertThat(target.value("select count(*) from effects")).isEqualTo("" + published);
    assertThat(target.value("select count(distinct id) from effects")).isEqualTo("" + published);
  }
}
