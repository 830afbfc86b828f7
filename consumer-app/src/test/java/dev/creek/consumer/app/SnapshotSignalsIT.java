package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.Interrupts;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The packaged jar is asked to end while a snapshot waits for its rest. */
final class SnapshotSignalsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final String mapping = path.mapping("items").toString();

  @BeforeEach
  void publishWithoutAnEnd() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, 6000) i");
    target.execute(
        "create table items (id int primary key, v text)", "insert into items values (1, 'mine')");
    path.produce(path.producing(Generation.OLD).defects(Defect.NO_SNAPSHOT_EOF));
  }

  @Test
  void controlCGivesUpTheVerbsOwnSnapshot() throws Exception {
    try (ServiceProcess verb = jar("snapshot", "--mode", "clean", mapping).start()) {
      awaitLoadedRows(verb);
      signal(Interrupts.areIgnored() ? "TERM" : "INT", verb);
      assertThat(verb.awaitExit(PATIENCE)).as(verb::log).isEqualTo(1);
      assertThat(verb.log()).contains("the snapshot was given up");
    }
    assertNothingIsLeft();
  }

  @Test
  void aServiceThatIsTerminatedGivesItsSnapshotBack() throws Exception {
    jar("add-tables", mapping).run(PATIENCE).orThrow();
    try (ServiceProcess service = jar("serve").start()) {
      target.query("select _creek_consumer.snapshot('%s', 'clean')".formatted(mapping));
      awaitLoadedRows(service);
      assertThat(service.terminate(PATIENCE)).as(service::log).isZero();
    }
    assertNothingIsLeft();
    assertThat(target.value("select status from _creek_consumer._notification_log"))
        .as("begun again by the next service")
        .isEqualTo("queued");
  }

  private ServiceProcess.Builder jar(String... arguments) {
    return ServiceProcess.of(arguments).jvmOptions("-Xmx96m").environment(path.environment());
  }

  private void awaitLoadedRows(ServiceProcess process) {
    await()
        .atMost(PATIENCE)
        .failFast("it has ended", () -> !process.isAlive())
        .ignoreExceptions()
        .until(
            () ->
                !"0"
                    .equals(
                        target.value(
                            "select count(*) from pg_class where relname like '\\_creek\\_snap%'"
                                + " and relkind = 'r' and pg_relation_size(oid) > 0")));
  }

  private static void signal(String name, ServiceProcess process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  private void assertNothingIsLeft() {
    assertThat(target.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
    assertThat(target.value("select string_agg(i::text, ' ') from items i")).isEqualTo("(1,mine)");
  }
}
