package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verbs that only look create nothing: a typo in a name is told, not carried out. */
final class ReadVerbsIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private final Map<String, String> environment = new HashMap<>();
  private PostgresDatabase target;

  @BeforeEach
  void connect() {
    target = POSTGRES.freshDatabase();
    environment.put("NATS_URI", NATS.server().uri());
    environment.put("DB_URI", target.patientUri());
    environment.put("SOURCE_URI", target.patientUri());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "list-tables",
        "list-tables --json",
        "status",
        "status --json",
        "verify shop.public.orders:copy.orders",
        "verify --repair shop.public.orders:copy.orders",
        "remove-tables copy.orders"
      })
  void sayThatThereIsNoControlSchemaAndWhatToRun(String line) {
    List<List<String>> before = schemas();
    LocalRun virgin = LocalRun.of(environment, line.split(" "));
    assertThat(virgin.code()).as(virgin.said()).isOne();
    assertThat(virgin.said())
        .contains("no control schema", "in database ", target.name(), "creek-consumer init");
    assertThat(schemas()).isEqualTo(before);
    // Another one that is there makes no difference.
    LocalRun init = LocalRun.of(environment, "init");
    assertThat(init.code()).as(init.said()).isZero();
    before = schemas();
    environment.put("DB_NAMESPACE", "nope");
    LocalRun typo = LocalRun.of(environment, line.split(" "));
    assertThat(typo.code()).as(typo.said()).isOne();
    assertThat(typo.said()).contains("no control schema", "nope", "--db-namespace");
    assertThat(schemas()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"list-tables", "status", "verify shop.public.orders:copy.orders"})
  void sayTheSameToARoleThatMayNotCreate(String line) {
    String role = "reader_" + Long.toHexString(System.nanoTime());
    target.execute(
        "create role " + role + " login password 'geheim'",
        "revoke create on database \"" + target.name() + "\" from public");
    environment.put(
        "DB_URI", target.patientUri().replaceFirst("://[^@]*@", "://" + role + ":geheim@"));
    try {
      List<List<String>> before = schemas();
      LocalRun run = LocalRun.of(environment, line.split(" "));
      assertThat(run.code()).as(run.said()).isOne();
      assertThat(run.said()).contains("no control schema", "in database ");
      assertThat(schemas()).isEqualTo(before);
    } finally {
      target.execute("drop role " + role);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config",
        "list-snapshots shop.public.orders",
        "check",
        "check shop.public.orders:copy.orders"
      })
  void thatNeedNoControlSchemaCreateNothingEither(String line) {
    List<List<String>> before = schemas();
    LocalRun.of(environment, line.split(" "));
    assertThat(schemas()).isEqualTo(before);
  }

  private List<List<String>> schemas() {
    return target.query("select nspname from pg_namespace order by 1");
  }
}
