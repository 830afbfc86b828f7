package dev.creek.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.jetstream.JetStreamOptions;
import dev.creek.consumer.postgres.PostgresOptions;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.Generation;
import dev.creek.consumer.wire.Subjects;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;

/** The broker's permissions change while tables are read: what keeps one from reading is shown. */
final class DeniedIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String EVERYTHING = "_NOTHING_IS_DENIED_";

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final TableWire orders =
      TableWire.of("app", "orders").column("id", "int4", TableWire.Flag.KEY).column("note", "text");
  private NatsServer nats;
  private PostgresDatabase database;
  private WirePublisher publisher;
  private CreekConsumer consumer;
  private Disposable running;

  @BeforeEach
  void open() {
    database = postgres.freshDatabase();
    nats =
        NatsServer.builder()
            .option(
                """
                accounts {
                  A {
                    jetstream: enabled
                    users: [
                      {user: producer, password: p},
                      {user: consumer, password: c, permissions: {
                        publish: {deny: ["%1$s.p"]}, subscribe: {deny: ["%1$s.s"]}}}
                    ]
                  }
                }
                no_auth_user: producer"""
                    .formatted(EVERYTHING))
            .start();
  }

  @AfterEach
  void close() {
    consumer.stop(PATIENCE).block(PATIENCE);
    running.dispose();
    consumer.close();
    publisher.close();
    nats.close();
  }

  private void begin(Generation generation) {
    publisher = WirePublisher.of(nats, generation, "source");
    publisher.publishSchema(orders);
    publish(1);
    consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                JetStreamOptions.builder(nats.uri().replace("://", "://consumer:c@"))
                    .requestTimeout(Duration.ofSeconds(2))
                    .build(),
                PostgresOptions.of(database.patientUri())));
    Mapping mapping = new Mapping(orders.source(), new TargetTable("copy", "orders"));
    consumer.createTable(mapping).block(PATIENCE);
    consumer.addTable(mapping).block(PATIENCE);
    running = consumer.run().subscribe();
    awaitRow(1);
  }

  private void publish(int id) {
    publisher.publish(orders.source(), orders.insert(WalTx.of(id), id, "note"));
    publisher.flush();
  }

  private void awaitRow(int id) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> !database.query("select from copy.orders where id = %d".formatted(id)).isEmpty());
  }

  /** As an administrator does: another file, and a signal. */
  private void deny(String kind, String subject, String instead) {
    Path file = nats.storeDir().resolveSibling("nats.conf");
    try {
      String text = Files.readString(file, UTF_8);
      Files.writeString(
          file,
          text.replace(
              "%s: {deny: [\"%s\"]}".formatted(kind, subject),
              "%s: {deny: [\"%s\"]}".formatted(kind, instead)),
          UTF_8);
      int done =
          new ProcessBuilder("kill", "-HUP", Long.toString(nats.pid().orElseThrow()))
              .start()
              .waitFor();
      assertThat(done).isZero();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String shown(String column) {
    return database.value("select " + column + " from _creek_consumer.subscriptions");
  }

  @ParameterizedTest
  @CsvSource({
    "OLD,publish,$JS.API.CONSUMER.MSG.NEXT.%s.>",
    "NEW,publish,$JS.API.CONSUMER.MSG.NEXT.%s.>",
    "NEW,publish,$JS.API.CONSUMER.CREATE.%s.>",
    "NEW,publish,$JS.API.STREAM.INFO.%s",
    "NEW,subscribe,_INBOX.>"
  })
  void whatKeepsATableFromReadingIsItsStateUntilItIsAllowed(
      Generation generation, String kind, String pattern) {
    begin(generation);
    String none = EVERYTHING + "." + kind.charAt(0);
    String subject = pattern.formatted(new Subjects(generation, "CREEK").walStream("source"));

    deny(kind, none, subject);
    // Whoever waits for messages need not ask again for half a minute.
    nats.restart();
    await().atMost(PATIENCE).until(() -> shown("state").equals("waiting"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(shown("state")).isEqualTo("waiting");
              assertThat(shown("reason")).startsWith("broker: Permissions Violation for ");
              assertThat(shown("hint")).startsWith("let the NATS user ");
            });
    publish(2);
    // Attempts go on, and none of them is taken for reading.
    await()
        .during(Duration.ofSeconds(4))
        .atMost(PATIENCE)
        .until(() -> shown("state").equals("waiting") && shown("reason").contains("Violation"));

    deny(kind, subject, none);
    awaitRow(2);
    await().atMost(PATIENCE).until(() -> shown("state").equals("streaming"));
  }
}
