package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.StrangersBuild;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The projects in docs/examples, built from the artifact alone, and run. */
class ExamplesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TableWire ORDERS =
      TableWire.of(new SourceTable("shop", "public", "orders"))
          .generation(Generation.NEW)
          .column("id", "int4", TableWire.Flag.KEY)
          .column("note", "text");

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private static void publish(WirePublisher publisher, int from, int to) {
    publisher.publishSchema(ORDERS);
    for (int id = from; id <= to; id++) {
      publisher.publish(ORDERS.source(), ORDERS.insert(WalTx.of(id), id, "note " + id));
      publisher.publish(ORDERS.source(), ORDERS.update(WalTx.of(id), id, "changed " + id));
    }
    publisher.flush();
  }

  /** Which are not downloaded yet for Spring Boot. */
  private static List<Path> compiled(StrangersBuild build, String... options) {
    try {
      return build.compile(options);
    } catch (IllegalStateException e) {
      assumeFalse(build.isOffline(), "not downloaded yet, and Maven is offline: " + e.getMessage());
      throw e;
    }
  }

  /** Apart, because it starts a JVM again and again. */
  @Tag("long")
  @Test
  void plainJavaPrintsTransactionsAndCopiesATableOnceHoweverOftenItIsKilled(PostgresDatabase target)
      throws IOException, InterruptedException {
    StrangersBuild build = StrangersBuild.copyOf("docs/examples/plain-java");
    List<Path> classpath = compiled(build);
    target.execute(
        "create table orders (id int primary key, note text)",
        "create table effects (id int, note text)",
        """
        create function note() returns trigger language plpgsql as $$
        begin
          insert into effects values (new.id, new.note);
          return new;
        end $$""",
        "create trigger note after insert or update on orders for each row execute function note()");
    String r2dbc = target.uri().replaceFirst("^postgres(ql)?:", "r2dbc:postgresql:");
    Random random = new Random(5);
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "shop")) {
      int published = 0;
      for (int kill = 0; kill < 3; kill++) {
        Process copy = build.start("shop.CopyTable", classpath, nats.server().uri(), r2dbc);
        try {
          int before = rows(target);
          publish(publisher, published + 1, published + 200);
          published += 200;
          int enough = before + random.nextInt(150);
          Awaitility.await()
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(5))
              .until(() -> rows(target) > enough);
        } finally {
          copy.destroyForcibly().waitFor();
        }
      }
      int all = published;
      Process copy = build.start("shop.CopyTable", classpath, nats.server().uri(), r2dbc);
      Process print =
          build.start(
              "shop.PrintTransactions", classpath, nats.server().uri(), "shop.public.orders");
      try {
        Awaitility.await().atMost(PATIENCE).until(() -> rows(target) == all);
        Awaitility.await()
            .atMost(PATIENCE)
            .until(
                () ->
                    build
                        .printed("shop.PrintTransactions")
                        .contains("{\"id\":" + all + ",\"note\":\"changed " + all + "\"}"));
      } finally {
        copy.destroyForcibly().waitFor();
        print.destroyForcibly().waitFor();
      }
      assertThat(target.query("select id, note from effects group by 1, 2 having count(*) <> 1"))
          .as("effects that came twice")
          .isEmpty();
      assertThat(target.value("select count(*) from effects")).isEqualTo(String.valueOf(2 * all));
      assertThat(build.printed("shop.PrintTransactions"))
          .contains("insert into shop.public.orders: {\"id\":1,\"note\":\"note 1\"}")
          .contains("transaction " + WalTx.of(1).id() + " of " + WalTx.of(1).committedAt());
    }
  }

  private static int rows(PostgresDatabase target) {
    return Integer.parseInt(target.value("select count(*) from orders"));
  }

  /** Apart, because it resolves and compiles against two versions. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"boot4", "boot3"})
  void aSpringBootApplicationHasItAsABeanWithHealthAndMetrics(String profile) throws IOException {
    StrangersBuild build = StrangersBuild.copyOf("docs/examples/spring-boot");
    List<Path> classpath = compiled(build, profile.equals("boot3") ? "-Pboot3" : "-Dboot=4");
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "shop")) {
      publish(publisher, 1, 10);
      assertThat(build.run("Probe", program("Probe"), classpath, nats.server().uri()))
          .contains("orders 10, changes 20.0, health UP");
    }
  }

  @Test
  void theTestKitNeedsNothingButTheLibraryAndItsTestJar() throws IOException {
    StrangersBuild build = StrangersBuild.copyOf("docs/examples/plain-java");
    List<Path> classpath = compiled(build);
    classpath.add(
        Path.of(System.getProperty("creek.test.jar").replaceFirst("\\.jar$", "-tests.jar")));
    assertThat(build.run("Kit", program("Kit"), classpath))
        .contains("got {\"id\":1,\"amount\":1.50}");
  }

  private static String program(String name) throws IOException {
    try (InputStream text = ExamplesIT.class.getResourceAsStream("/stranger/" + name + ".java")) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
