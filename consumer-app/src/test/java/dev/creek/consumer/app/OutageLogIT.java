package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an operator reads in the packaged service's log while servers are away or refuse it. */
final class OutageLogIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final List<TableWire> tables =
      Stream.of("orders", "items").map(OutageLogIT::table).toList();
  private final Map<String, String> environment = new HashMap<>();
  private PostgresDatabase target;
  private NatsServer nats;
  private TcpProxy toNats;
  private TcpProxy toTarget;
  private WirePublisher publisher;
  private Jar service;
  private int id;

  private static TableWire table(String name) {
    return TableWire.of(new SourceTable("shop", "public", name))
        .generation(Generation.NEW)
        .column("id", "int4", Flag.KEY);
  }

  private static String mapping(TableWire table) {
    return table.source() + ":copy." + table.source().table();
  }

  @BeforeEach
  void connect() {
    target = POSTGRES.freshDatabase();
    nats = NATS.restartable();
    toNats = TcpProxy.to(nats.host(), nats.port());
    toTarget = TcpProxy.to(target.server().host(), target.server().port());
    target.execute("create role service superuser login password 'secret'");
    environment.put("NATS_URI", "nats://127.0.0.1:" + toNats.port());
    environment.put("DB_URI", target.patientUri());
    environment.put("PROMETHEUS_PORT", "off");
    environment.put("LOG_RATE", "0");
    publisher = WirePublisher.of(nats, Generation.NEW, "shop");
    for (TableWire table : tables) {
      publisher.publishSchema(table);
      assertThat(LocalRun.of(environment, "create-schemas", mapping(table)).code()).isZero();
      assertThat(LocalRun.of(environment, "add-tables", mapping(table)).code()).isZero();
    }
    environment.put(
        "DB_URI",
        "postgres://service:secret@127.0.0.1:%d/%s?connect_timeout=5"
            .formatted(toTarget.port(), target.name()));
  }

  @AfterEach
  void disconnect() {
    if (service != null) {
      service.close();
    }
    publisher.close();
    toNats.close();
    toTarget.close();
    target.execute("drop owned by service", "drop role service");
  }

  private void publish() {
    id++;
    for (TableWire table : tables) {
      publisher.publishSurely(table.source(), table.insert(WalTx.of(id), id));
    }
  }

  private void awaitPublished() {
    for (TableWire table : tables) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(
              () ->
                  target
                      .value(
                          "select count(*) from copy.%s where id = %d"
                              .formatted(table.source().table(), id))
                      .equals("1"));
    }
  }

  /** What is logged from the fault on, until all goes on. */
  private List<String> during(Runnable fault, String waiting, Runnable end) {
    int before = service.err().length();
    fault.run();
    awaitEach(before, " is waiting: " + waiting);
    end.run();
    publish();
    awaitPublished();
    awaitEach(before, " is streaming");
    return service.err().substring(before).lines().toList();
  }

  /** Until this has been logged of each table. */
  private void awaitEach(int before, String described) {
    for (TableWire table : tables) {
      await()
          .atMost(PATIENCE)
          .until(() -> service.err().substring(before).contains(mapping(table) + described));
    }
  }

  private void assertToldOnce(List<String> lines) {
    for (TableWire table : tables) {
      assertThat(lines)
          .filteredOn(line -> line.contains(mapping(table)) && !line.contains(" is streaming"))
          .singleElement()
          .asString()
          .contains(mapping(table) + " is waiting: ");
    }
  }

  @Test
  void saysInPlainWordsWhatIsAwayWhereAndOnceATable() throws Exception {
    nats.stop();
    toNats.cut();
    toTarget.cut();
    try (Jar jar = Jar.start(List.of(), environment, "serve")) {
      service = jar;
      jar.awaitLog("Waiting for the target database: ");
      toTarget.heal();
      jar.awaitLog("Waiting for NATS: ");
      toNats.heal();
      nats.start();
      publish();
      awaitPublished();

      assertToldOnce(during(nats::stop, "broker: ", nats::start));
      assertToldOnce(during(toNats::silence, "broker: ", toNats::heal));
      assertToldOnce(during(this::cutTarget, "target database: ", toTarget::heal));
      assertToldOnce(during(this::stopTarget, "target database: ", () -> target.server().start()));
      during(this::refuseLogin, "target database: ", this::allowLogin);
      int before = jar.err().length();
      toTarget.silence();
      publish();
      // Of several that listen, one may still be at its outage before, which is told once.
      await().atMost(PATIENCE).until(() -> jar.err().substring(before).contains("no answer "));
      toTarget.heal();
      awaitPublished();

      jar.signal("TERM");
      assertThat(jar.exitCode()).isZero();
      assertThat(jar.err().lines()).allMatch(line -> LibraryWords.in(line).isEmpty());
      assertThat(jar.err().lines())
          .filteredOn(line -> line.contains("WARN") || line.contains("ERROR"))
          .allMatch(
              line -> line.contains("127.0.0.1:") || saysOfATable(line) || isOfTheServer(line));
    }
  }

  /** PostgreSQL itself says, while it stops, why it refuses a statement of an open connection. */
  private static boolean isOfTheServer(String line) {
    return line.contains("the database system is shutting down (SQLSTATE 57P03)");
  }

  private boolean saysOfATable(String line) {
    return tables.stream().anyMatch(table -> line.contains(mapping(table)));
  }

  private void cutTarget() {
    toTarget.cut();
    publish();
  }

  private void stopTarget() {
    target.server().stop();
    publish();
  }

  private void refuseLogin() {
    target.execute(
        "alter role service nologin",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'service'");
    publish();
  }

  private void allowLogin() {
    target.execute("alter role service login");
  }
}
