package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a table begins with; the source's clock is a minute ahead. */
final class StartsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration AHEAD = Duration.ofMinutes(1);

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private final CreekConsumer consumer = path.consumer();
  private boolean begun;
  private Instant between;

  @BeforeEach
  void open() {
    source.execute("create table nk (a int)");
    target.execute("create table nk (a int)");
    producer = path.produce(path.producing(Generation.NEW).clockOffset(AHEAD));
    source.execute("insert into nk values (1)", "insert into nk values (2)");
    between =
        Instant.parse(
            source.value(
                "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    source.execute("insert into nk values (3)", "insert into nk values (4)");
    producer.awaitCaughtUp(PATIENCE);
  }

  private Mapping nk() {
    return path.mapping("nk");
  }

  private void assertRows(String rows) {
    source.execute("insert into nk values (5)");
    if (!begun) {
      path.run();
      begun = true;
    }
    await()
        .atMost(PATIENCE)
        .until(() -> "t".equals(target.value("select count(*) > 0 from nk where a = 5")));
    assertThat(target.value("select string_agg(a::text, ' ' order by a) from nk")).isEqualTo(rows);
  }

  private String marks() {
    return target.value("select string_agg(cause, ' ') from _creek_consumer.incompleteness");
  }

  @Test
  void withWhatTheStreamHoldsWhereNothingIsSaid() {
    consumer.tables().add(nk()).block(PATIENCE);
    assertRows("1 2 3 4 5");
    assertThat(marks()).isEqualTo("no_snapshot");
  }

  @Test
  void withWhatTheStreamHolds() {
    consumer.tables().add(nk(), StartFrom.BEGINNING).block(PATIENCE);
    assertRows("1 2 3 4 5");
  }

  @Test
  void withWhatComesFromNowOn() {
    consumer.tables().add(nk(), StartFrom.NOW).block(PATIENCE);
    assertRows("5");
    assertThat(marks()).isEqualTo("no_snapshot");
  }

  @Test
  void withATimeOfTheSources() {
    consumer.tables().add(nk(), StartFrom.committedSince(between.plus(AHEAD))).block(PATIENCE);
    assertRows("3 4 5");
  }

  @Test
  void whereItStoppedWhenItHasAPosition() {
    consumer.tables().add(nk(), StartFrom.NOW).block(PATIENCE);
    assertRows("5");
    consumer.tables().remove(nk().target()).block(PATIENCE);
    source.execute("insert into nk values (6)");
    assertThatThrownBy(() -> consumer.tables().add(nk(), StartFrom.BEGINNING).block(PATIENCE))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("holds a position already");
    assertThatThrownBy(
            () -> target.execute("select _creek_consumer.add_table('" + nk() + "', 'now')"))
        .hasMessageContaining("holds a position already");
    consumer.tables().add(nk()).block(PATIENCE);
    await()
        .atMost(PATIENCE)
        .until(() -> "t".equals(target.value("select count(*) > 0 from nk where a = 6")));
    assertThat(target.value("select count(*) from nk")).isEqualTo("2");
  }

  @Test
  void asTheSqlFunctionSays() {
    path.run();
    begun = true;
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> target.value("select _creek_consumer.version()") != null);
    target.execute(
        "select _creek_consumer.add_table('%s', '%s')".formatted(nk(), between.plus(AHEAD)));
    assertThatThrownBy(
            () -> target.execute("select _creek_consumer.add_table('" + nk() + "', 'soon')"))
        .hasMessageContaining("a table begins from 'now', from 'beginning', or from a time");
    assertRows("3 4 5");
  }

  @Test
  void asACommandSays() {
    consumer.commands().submit(new Command.AddTableFrom(nk(), StartFrom.NOW)).block(PATIENCE);
    path.run();
    begun = true;
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                "t".equals(target.value("select count(*) > 0 from _creek_consumer.subscriptions")));
    assertRows("5");
  }
}
