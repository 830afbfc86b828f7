package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The privileges that the handbook gives are enough for the packaged service to apply changes. */
final class HandbookIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Pattern GRANTS =
      Pattern.compile("```sql\\n(create role creek .*?)```", Pattern.DOTALL);

  @Test
  void thePrivilegesThatItGivesAreEnough(PostgresDatabase database) throws Exception {
    var environment = new HashMap<String, String>();
    environment.put("NATS_URI", NATS.server().uri());
    environment.put("PROMETHEUS_PORT", "off");
    environment.put("DB_URI", database.patientUri());
    database.execute("create table public.orders (id int primary key, note text)");
    database.execute(grants());
    try (Jar init = Jar.run(environment, "init", "--print-sql", "--role", "creek")) {
      assertThat(init.exitCode()).as(init.toString()).isZero();
      database.execute(init.out());
    }
    environment.put(
        "DB_URI",
        database.uri().replaceFirst("://[^@]*@", "://creek:change%20me@") + "?connect_timeout=60");
    TableWire orders =
        TableWire.of(SourceTable.parse("shop.public.orders"))
            .generation(Generation.NEW)
            .column("id", "int4", Flag.KEY)
            .column("note", "text");
    try (Producer producer = Producer.of(NATS.server(), "shop")) {
      producer.publishSchema(orders);
      producer.publish(orders.source(), orders.insert(WalTx.of(1), 1, "first"));
      succeed(environment, "add-tables", "shop.public.orders:public.orders");
      try (Jar service = Jar.start(List.of(), environment, "serve")) {
        await()
            .atMost(PATIENCE)
            .until(() -> database.value("select count(*) from public.orders").equals("1"));
        service.signal("TERM");
        assertThat(service.exitCode()).as(service.toString()).isZero();
        assertThat(service.err()).doesNotContain("permission denied");
      }
    }
  }

  private static String grants() throws Exception {
    Matcher block = GRANTS.matcher(Files.readString(Path.of("..", "docs", "operations.md")));
    assertThat(block.find()).isTrue();
    return block.group(1);
  }

  private static void succeed(Map<String, String> environment, String... arguments) {
    try (Jar jar = Jar.run(environment, arguments)) {
      assertThat(jar.exitCode()).describedAs(jar.toString()).isZero();
    }
  }
}
