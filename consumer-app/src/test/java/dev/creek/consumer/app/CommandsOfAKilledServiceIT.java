package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.util.PGInterval;

/** The packaged jar is killed in the middle of each kind of command, and started again. */
@Tag("long")
final class CommandsOfAKilledServiceIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final SqlCall sql = SqlCall.of(target);

  /**
   * Each command was carried out when the process ended, and its outcome was not stored: the worst
   * moment there is. All of one table, so one after the other.
   */
  @Test
  void eachKindOfCommandIsBegunAgain() throws SQLException {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, 100) i");
    String mapping = path.mapping("items").toString();
    TestProducer producer = path.produce(Generation.OLD);
    source.execute("update items set v = 'first' where id = 1");
    producer.awaitCaughtUp(PATIENCE);
    try (var first = serve(null)) {
      await().atMost(PATIENCE).ignoreExceptions().until(() -> sql.call("version") != null);
      first.terminate(PATIENCE);
    }
    sql.call("create_schema", mapping);
    sql.call("add_table", mapping);
    sql.call("resync", mapping);
    sql.call("snapshot", mapping, "upsert");
    sql.call("resume_table", "public.items");
    crash(1, 1);
    for (int command = 2; command <= 5; command++) {
      crash(command, 2);
    }
    String topic =
        target.value(
            "select split_part(detail, ' of ', 2) from _creek_consumer._notification_log where id = 4");
    sql.call("apply_snapshot", topic, mapping, "upsert");
    crash(6, 2);
    sql.call("skip_change", "public.items", stopAt());
    crash(7, 1);
    // Behind a snapshot it would not wait for that.
    sql.call("remove_table", "public.items");
    crash(8, 2);
    try (var last = serve(null)) {
      assertThat(sql.call("wait_for", 8, new PGInterval("1 minute"))).isEqualTo("ok");
      last.terminate(PATIENCE);
    }
    assertThat(
            target.query(
                "select status, attempts > 1 from _creek_consumer._notification_log order by id"))
        .hasSize(8)
        .allMatch(List.of("ok", "t")::equals);
    assertThat(target.value("select count(*) || ' ' || min(v) from items")).isEqualTo("100 first");
    assertThat(target.value("select active from _creek_consumer.subscriptions")).isEqualTo("f");
  }

  /** Lets the table fail at a change, and ends; the change's place in the stream. */
  private long stopAt() {
    target.execute("alter table items add constraint narrow check (v <> 'too much')");
    source.execute("update items set v = 'too much' where id = 2");
    String failed = "select failed_seq from _creek_consumer.subscriptions where state = 'failed'";
    try (var service = serve(null)) {
      await()
          .atMost(PATIENCE)
          .until(() -> !target.query(failed).isEmpty() && target.value(failed) != null);
      service.terminate(PATIENCE);
    }
    return Long.parseLong(target.value(failed));
  }

  /**
   * Until the process has ended in the middle of this command.
   *
   * @param nth which one that is in this process: one that was cut short comes before it
   */
  private void crash(int command, int nth) {
    try (var service = serve("before-outcome=crash@" + nth)) {
      assertThat(service.awaitExit(PATIENCE)).isEqualTo(137);
    }
    assertThat(
            target.value(
                "select status from _creek_consumer._notification_log where id = " + command))
        .isEqualTo("running");
    // The lease would end by itself a few seconds later.
    target.execute("update _creek_consumer._notification_log set lease_until = now()");
  }

  private ServiceProcess serve(String failpoints) {
    var service = ServiceProcess.of("serve").jvmOptions("-Xmx96m").environment(path.environment());
    return (failpoints == null ? service : service.jvmOptions("-Dcreek.failpoints=" + failpoints))
        .start();
  }
}
