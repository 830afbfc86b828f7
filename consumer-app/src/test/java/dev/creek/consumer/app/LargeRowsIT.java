package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows that fill many packets, in a service whose heap is small. */
final class LargeRowsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int MIB = 1 << 20;
  private static final int LARGE = 60 * MIB;

  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private final NatsExtension nats = NatsExtension.own();

  private final TableWire events = table("events");
  private final TableWire others = table("others");
  private final TableWire letters = table("letters");
  private PostgresDatabase target;
  private WirePublisher publisher;

  private static TableWire table(String name) {
    return TableWire.of(SourceTable.parse("shop.public." + name))
        .generation(Generation.OLD)
        .column("id", "int4", Flag.KEY)
        .column("note", "text");
  }

  @BeforeEach
  void prepare(PostgresDatabase database) {
    target = database;
    publisher = WirePublisher.of(nats.server(), Generation.OLD, "shop");
    List<String> mappings = new ArrayList<>();
    for (TableWire table : List.of(events, others, letters)) {
      publisher.publishSchema(table);
      mappings.add(table.source() + ":public." + table.source().table());
    }
    succeed("create-schemas", mappings);
    succeed("add-tables", mappings);
  }

  private void succeed(String verb, List<String> mappings) {
    var arguments = new ArrayList<>(List.of(verb));
    arguments.addAll(mappings);
    LocalRun run =
        LocalRun.of(
            Map.of("NATS_URI", nats.server().uri(), "DB_URI", target.uri()),
            arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.said()).isZero();
  }

  @AfterEach
  void close() {
    publisher.close();
  }

  private ServiceProcess.Builder service(String... arguments) {
    return ServiceProcess.of(arguments)
        .environment("NATS_URI", nats.server().uri())
        .environment("DB_URI", target.uri())
        .environment("PROMETHEUS_PORT", "off");
  }

  private void publish(TableWire table, int id, int bytes) {
    publisher.publish(table.source(), table.insert(WalTx.of(id), id, "x".repeat(bytes)));
    publisher.flush();
  }

  private void awaitRow(ServiceProcess service, String table, int id, int bytes) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              assertThat(service.isAlive()).as(service.logTail()).isTrue();
              return !target
                  .query(
                      "select from %s where id = %d and length(note) = %d"
                          .formatted(table, id, bytes))
                  .isEmpty();
            });
  }

  private String shown(String column) {
    return target.value(
        "select coalesce(%s::text, '') from _creek_consumer.subscriptions where target = 'public.events'"
            .formatted(column));
  }

  @Test
  void aRowThatIsTooLongStopsItsTableOnlyAndCanBePassedOver() {
    int fits = 9 * MIB;
    for (int id = 1; id <= 4; id++) {
      publish(events, id, fits);
    }
    publish(events, 5, LARGE);
    publish(events, 6, 100);
    publish(others, 1, 100);
    try (ServiceProcess service = service("serve").jvmOptions("-Xmx192m").start()) {
      awaitRow(service, "events", 3, fits);
      await().atMost(PATIENCE).until(() -> shown("state").equals("failed"));
      awaitRow(service, "others", 1, 100);
      assertThat(shown("reason")).contains("is longer than the");
      assertThat(shown("hint")).contains("--max-message-bytes", "heap", "skip_change");
      publish(others, 2, fits);
      awaitRow(service, "others", 2, fits);

      target.query(
          "select _creek_consumer.skip_change('public.events', %s)".formatted(shown("failed_seq")));
      awaitRow(service, "events", 4, fits);
      awaitRow(service, "events", 6, 100);
      await().atMost(PATIENCE).until(() -> shown("state").equals("streaming"));
      assertThat(target.query("select from events where id = 5")).isEmpty();
      assertThat(service.terminate(PATIENCE)).isZero();
      assertThat(service.log()).doesNotContain("OutOfMemory");
    }
  }

  @Test
  void aRowForWhichTheHeapIsTooSmallStopsItsTableOnly() throws IOException {
    publish(events, 1, LARGE);
    publish(others, 1, 100);
    try (ServiceProcess service =
        service("serve", "--max-message-bytes", "61MiB").jvmOptions(shipped("-Xmx128m")).start()) {
      awaitRow(service, "others", 1, 100);
      await().atMost(PATIENCE).until(() -> shown("state").equals("failed"));
      assertThat(shown("reason")).contains("not enough memory");
      publish(others, 2, 100);
      awaitRow(service, "others", 2, 100);
    }
  }

  /** The launcher's options, which must not end the process where a table can be stopped. */
  private static String[] shipped(String more) throws IOException {
    String launcher = Files.readString(Path.of("src/main/dist/creek-consumer"));
    Matcher options = Pattern.compile("CREEK_CONSUMER_JVM-([^}]+)}").matcher(launcher);
    assertThat(options.find()).isTrue();
    return (options.group(1) + " " + more).split(" ", -1);
  }

  @Test
  void aLargeRowIsAppliedWithTheHeapThatItIsSaidToNeed() {
    for (int id = 1; id <= 3; id++) {
      publish(events, id, LARGE);
    }
    publish(events, 4, 100);
    long heap = (PipelineOptions.heapFor(LARGE + MIB) >> 20) + 16;
    try (ServiceProcess service =
        service("serve", "--max-message-bytes", "61MiB").jvmOptions("-Xmx" + heap + "m").start()) {
      awaitRow(service, "events", 3, LARGE);
      awaitRow(service, "events", 4, 100);
      assertThat(service.terminate(PATIENCE)).isZero();
      assertThat(service.log()).doesNotContain("OutOfMemory");
    }
  }

  @Test
  void severalTablesWithSuchRowsAtOnceAreAllAppliedWithTheHeapForOne() {
    List<String> all = List.of("events", "others", "letters");
    publish(events, 1, LARGE);
    publish(others, 1, LARGE);
    publish(letters, 1, LARGE);
    publish(letters, 2, 100);
    long heap = (PipelineOptions.heapFor(LARGE + MIB) >> 20) + 16;
    try (ServiceProcess service =
        service("serve", "--max-message-bytes", "61MiB").jvmOptions("-Xmx" + heap + "m").start()) {
      all.forEach(table -> awaitRow(service, table, 1, LARGE));
      awaitRow(service, "letters", 2, 100);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  target
                      .value(
                          "select count(*) from _creek_consumer.subscriptions where state = 'streaming'")
                      .equals("3"));
      assertThat(service.terminate(PATIENCE)).isZero();
    }
  }
}
