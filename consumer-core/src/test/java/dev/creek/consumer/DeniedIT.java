package dev.creek.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import dev.creek.consumer.wire.Subjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/** The broker's permissions change while tables are read: what keeps one from reading is shown. */
final class DeniedIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String EVERYTHING = "_NOTHING_IS_DENIED_";

  /** What a table that is followed can do without, as the handbook says. */
  private static final Pattern IDLE_RIGHTS = Pattern.compile("CONSUMER\\.DELETE");

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
                BrokerOptions.builder(nats.uri().replace("://", "://consumer:c@"))
                    .requestTimeout(Duration.ofSeconds(2))
                    .frontierInterval(Duration.ofSeconds(1))
                    .build(),
                DatabaseOptions.of(database.patientUri())));
    Mapping mapping = new Mapping(orders.source(), new TargetTable("copy", "orders"));
    consumer.tables().create(mapping).block(PATIENCE);
    consumer.tables().add(mapping).block(PATIENCE);
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
    "NEW,publish,$JS.API.CONSUMER.CREATE.%s.>",
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
              assertThat(shown("hint")).startsWith("allow the NATS user to ");
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

  /**
   * Some of the rights that the handbook gives for following tables, taken away one after the
   * other. {@code -Dcreek.test.rights=100} takes all, {@code -Dcreek.test.seed=…} others.
   */
  @ParameterizedTest
  @EnumSource(Generation.class)
  void aRightThatIsTakenAwayIsNamedOrNothingNeedsIt(Generation generation) {
    begin(generation);
    List<String> rights = rightsToFollow(generation);
    Collections.shuffle(rights, new Random(Long.getLong("creek.test.seed", 4)));
    int id = 10;
    for (String right :
        rights.subList(0, Math.min(rights.size(), Integer.getInteger("creek.test.rights", 3)))) {
      id++;
      deny("publish", EVERYTHING + ".p", right);
      nats.restart();
      TableWire changed = orders.column("c" + id, "text");
      provoke(changed, right, id);
      if (IDLE_RIGHTS.matcher(right).find()) {
        awaitRow(id);
        assertThat(shown("state")).as(right).isEqualTo("streaming");
        assertThat(shown("reason")).as(right).isNull();
      } else {
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () -> {
                  assertThat(String.valueOf(shown("reason")))
                      .as(right)
                      .contains("Permissions Violation for Publish to");
                  assertThat(String.valueOf(shown("hint"))).matches(hinted(right));
                });
      }
      deny("publish", right, EVERYTHING + ".p");
      publisher.publishSchema(changed);
      awaitRow(id);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(shown("state")).as(right).isEqualTo("streaming");
                assertThat(shown("reason")).as(right).isNull();
              });
      // The next schema is without it, which would be a reason to stop.
      database.execute("alter table copy.orders drop column c" + id);
    }
  }

  /** A change whose schema is not the newest of its stream; where that is asked for, in none. */
  private void provoke(TableWire changed, String right, int id) {
    database.execute("alter table copy.orders add column c%d text".formatted(id));
    if (right.startsWith("$JS.")) {
      publisher.publishSchema(changed);
      publisher.publishSchema(orders);
    }
    publisher.publish(orders.source(), changed.insert(WalTx.of(id), id, "note", "more"));
    publisher.flush();
  }

  /** A hint may name the permission of the one table. */
  private static String hinted(String right) {
    return "allow the NATS user to publish to \"%s\".*"
        .formatted(Pattern.quote(right).replace(">", "\\E.+\\Q"));
  }

  /** The handbook's, of its part for following tables. */
  private static List<String> rightsToFollow(Generation generation) {
    Matcher block =
        Pattern.compile(
                "# %s generation\n.*?# follow.*?\n(.*?)# snapshots"
                    .formatted(generation.name().toLowerCase(Locale.ROOT)),
                Pattern.DOTALL)
            .matcher(handbook());
    assertThat(block.find()).isTrue();
    return block
        .group(1)
        .lines()
        .map(
            line -> line.strip().replace("\"", "").replaceAll("\\bshop\\b|(?<=_)shop\\b", "source"))
        .filter(right -> !right.isEmpty())
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static String handbook() {
    try {
      return Files.readString(Path.of("..", "docs", "operations.md"), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
