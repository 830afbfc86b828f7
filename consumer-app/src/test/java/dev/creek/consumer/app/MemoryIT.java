package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is larger than memory goes through it: the packaged service with a heap of 64 MiB. */
final class MemoryIT {
  private static final int MILLION = 1_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String TARGET = "copy.events";

  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private final NatsExtension nats = NatsExtension.own();

  private final TableWire events =
      TableWire.of(SourceTable.parse("shop.public.events"))
          .generation(Generation.OLD)
          .column("id", "int4", Flag.KEY)
          .column("note", "text");
  private PostgresDatabase target;
  private WirePublisher publisher;

  @BeforeEach
  void prepare(PostgresDatabase database) {
    target = database;
    publisher = WirePublisher.of(nats.server(), Generation.OLD, "shop");
    publisher.publishSchema(events);
    String mapping = "shop.public.events:" + TARGET;
    service("create-schemas", mapping).run(PATIENCE).orThrow();
    service("add-tables", mapping).run(PATIENCE).orThrow();
  }

  @AfterEach
  void close() {
    publisher.close();
  }

  @Test
  void appliesATransactionOfAMillionRowsAtOnce() {
    WalTx tx = WalTx.of(1);
    for (int id = 1; id <= MILLION; id++) {
      publisher.publish(events.source(), events.insert(tx, id, "row " + id));
    }
    publisher.flush();
    try (ServiceProcess service = service("serve").jvmOptions("-Xmx64m").start()) {
      // Whoever looks meanwhile sees none of it, or all.
      await().atMost(PATIENCE).until(() -> sees(service), rows -> rows != 0);
      assertThat(rows()).isEqualTo(MILLION);
      assertThat(target.value("select sum(id)::text from " + TARGET)).isEqualTo("500000500000");
      assertThat(service.terminate(PATIENCE)).isZero();
    }
  }

  @Test
  void stopsReadingWhileItsTableIsLocked() throws Exception {
    int messages = 60_000;
    String note = "n".repeat(4000);
    try (ServiceProcess service = service("serve").jvmOptions("-Xmx64m").start();
        Connection locking = target.connect();
        Statement lock = locking.createStatement()) {
      locking.setAutoCommit(false);
      lock.execute("lock table " + TARGET + " in access exclusive mode");
      // Four times the heap.
      for (int id = 1; id <= messages; id++) {
        publisher.publish(events.source(), events.insert(WalTx.of(id), id, note));
      }
      publisher.flush();
      lock.execute("select pg_sleep(10)");
      assertThat(service.isAlive()).as(service.logTail()).isTrue();
      locking.rollback();
      await().atMost(PATIENCE).until(() -> sees(service), rows -> rows == messages);
      assertThat(service.terminate(PATIENCE)).isZero();
      assertThat(service.log()).doesNotContain("OutOfMemory");
    }
  }

  private ServiceProcess.Builder service(String... arguments) {
    return ServiceProcess.of(arguments)
        .environment("NATS_URI", nats.server().uri())
        .environment("DB_URI", target.uri())
        .environment("PROMETHEUS_PORT", "off");
  }

  private int sees(ServiceProcess service) {
    assertThat(service.isAlive()).as(service.logTail()).isTrue();
    return rows();
  }

  private int rows() {
    return Integer.parseInt(target.query("select count(*) from " + TARGET).get(0).get(0));
  }
}
