package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A snapshot dies at each of the places that {@code Failpoint} names: until it is committed the
 * table is as it was, afterwards it is as the snapshot; taken again, it is there.
 */
@Tag("long")
final class SnapshotFailpointsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int AS_IF_KILLED = 128 + 9;

  private static final String CONTENTS =
      "select string_agg(i::text, ',' order by id) from public.items i";

  private static final String MAPPING = "%s.public.items:public.items";
  private static final String MARKS =
      "select count(*) from _creek_consumer.incompleteness where cause = 'column'";

  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static PostgresDatabase source;
  private static TestProducer producer;

  @BeforeAll
  static void produce() {
    source = POSTGRES.freshDatabase();
    source.execute(
        "create table items (id int primary key, v text unique)",
        "insert into items select i, 'v' || i from generate_series(1, 200) i",
        "analyze items");
    producer =
        TestProducer.builder()
            .source(source.uri())
            .slot(source.name())
            .nats(NATS.server().uri())
            .generation(Generation.NEW)
            .start();
  }

  @AfterAll
  static void end() {
    producer.dropSlot();
  }

  @ParameterizedTest
  @CsvSource({
    "clean, snapshot-chunk, false",
    "clean, snapshot-loaded, false",
    "clean, snapshot-built, false",
    "clean, snapshot-replaced, false",
    "clean, snapshot-moved, false",
    "clean, snapshot-committed, true",
    "upsert, snapshot-chunk, true",
    "upsert, snapshot-loaded, true",
    "upsert, snapshot-committed, true"
  })
  void isTakenAgainWhereItCrashed(
      String mode, String failpoint, boolean replaced, PostgresDatabase target) {
    String expected = source.value(CONTENTS);
    boolean clean = mode.equals("clean");
    target.execute(
        "create table items (id int primary key, v text unique)",
        "insert into items values (1, 'old')" + (clean ? ", (1000, 'other')" : ""));
    String before = target.value(CONTENTS);

    var crashed = snapshot(target, mode, failpoint + "=crash");
    assertThat(crashed.exitCode()).as(crashed.output()).isEqualTo(AS_IF_KILLED);
    assertThat(target.value(CONTENTS)).isEqualTo(replaced ? expected : before);

    snapshot(target, mode, "").orThrow();
    assertThat(target.value(CONTENTS)).isEqualTo(expected);
  }

  /** The mark goes with the last commit, and the values that were written stay. */
  @ParameterizedTest
  @CsvSource({
    "snapshot-chunk, true",
    "snapshot-loaded, true",
    "snapshot-committed, false",
  })
  void aFillIsTakenAgainWhereItCrashed(String failpoint, boolean marked, PostgresDatabase target) {
    String expected = source.value(CONTENTS);
    target.execute(
        "create table items (id int primary key, v text unique)",
        "insert into items (id) select i from generate_series(1, 200) i");
    run(target, "", "add-tables", MAPPING.formatted(source.name())).orThrow();
    target.execute(
        "insert into _creek_consumer.incompleteness values ('public.items', 'column', 'v', 'why')");

    var crashed = run(target, failpoint + "=crash", "fill", "public.items", "v");
    assertThat(crashed.exitCode()).as(crashed.output()).isEqualTo(AS_IF_KILLED);
    assertThat(target.value(CONTENTS)).isEqualTo(expected);
    assertThat(target.value(MARKS)).isEqualTo(marked ? "1" : "0");

    run(target, "", "fill", "public.items", "v").orThrow();
    assertThat(target.value(CONTENTS)).isEqualTo(expected);
    assertThat(target.value(MARKS)).isEqualTo("0");
  }

  private ServiceProcess.Outcome snapshot(PostgresDatabase target, String mode, String failpoints) {
    return run(target, failpoints, "snapshot", "--mode", mode, MAPPING.formatted(source.name()));
  }

  private static ServiceProcess.Outcome run(
      PostgresDatabase target, String failpoints, String... arguments) {
    return ServiceProcess.of(arguments)
        .jvmOptions("-Xmx96m", "-Dcreek.failpoints=" + failpoints)
        .environment("NATS_URI", NATS.server().uri())
        .environment("DB_URI", target.patientUri())
        .run(PATIENCE);
  }
}
