package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/**
 * Tables without a key that a Go consumer has left: with the LSN and the time of the last change
 * that it received before it stored them, which may be long before it ended.
 */
final class GoRowsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;

  @BeforeEach
  void open() {
    source.execute("create table nk (a int, b text)", "alter table nk replica identity full");
    target.execute("create table nk (a int, b text)");
    producer = path.produce(Generation.OLD);
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select string_agg(nk::text, ' ' order by nk::text) from nk");
  }

  /** Applies what there is, so that the target holds what the source holds. */
  private void apply() {
    Mapping nk = path.mapping("nk");
    try (CreekConsumer consumer = CreekConsumer.create(path.options().build())) {
      consumer.tables().add(nk).block(PATIENCE);
      producer.awaitCaughtUp(PATIENCE);
      long last = producer.published();
      Disposable run = consumer.run().subscribe();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  target
                      .value(
                          "select coalesce(stream_seq, 0) >= "
                              + last
                              + " from _creek_consumer.subscriptions")
                      .equals("t"));
      consumer.stop(PATIENCE).block(PATIENCE);
      run.dispose();
    }
  }

  /** What the Go consumer would store now. */
  private List<String> received() {
    return target
        .query("select lsn::text, timestamp::text from _creek_consumer.subscriptions")
        .get(0);
  }

  /** Leaves a row as the Go consumer's, and nothing of ours. */
  private void leave(List<String> received) {
    target.execute(
        "delete from _creek_consumer.subscriptions",
        "insert into _creek_consumer.subscriptions (topic, target, lsn, timestamp, active) values ('%s.public.nk', 'public.nk', '%s', '%s', true)"
            .formatted(source.name(), received.get(0), received.get(1)));
  }

  private void insert(int from, int to) {
    for (int i = from; i <= to; i++) {
      source.execute("insert into nk values (%1$d, 'row %1$d')".formatted(i));
    }
  }

  private String marks() {
    return target.value(
        "select string_agg(reason, '; ') from _creek_consumer.incompleteness where cause = 'unproven'");
  }

  private void assertEqual() {
    apply();
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(marks()).isNull();
  }

  @Test
  void oneThatEndedInOrderLeavesNothingTwice() {
    insert(1, 30);
    apply();
    leave(received());
    insert(31, 60);
    assertEqual();
    insert(61, 70);
    assertEqual();
  }

  @Test
  void oneThatWasKilledLeavesNothingTwice() {
    insert(1, 10);
    apply();
    List<String> stored = received();
    insert(11, 60);
    source.execute("update nk set b = 'changed' where a % 7 = 0", "delete from nk where a % 5 = 0");
    apply();
    leave(stored);
    insert(61, 90);
    assertEqual();
  }

  @Test
  void oneThatEndedWithinATransactionLeavesTheRestOfIt() {
    insert(1, 10);
    source.execute("insert into nk select i, 'row ' || i from generate_series(11, 60) i");
    apply();
    List<String> stored = received();
    target.execute("delete from nk where a > 33");
    leave(stored);
    insert(61, 70);
    assertEqual();
  }

  @Test
  void oneThatHasNothingMoreToReadStaysAsItIs() {
    insert(1, 60);
    apply();
    leave(received());
    assertEqual();
  }

  @Test
  void ofRowsThatAreEqualItIsRightOrSaysSo() {
    source.execute("insert into nk select 1, 'same' from generate_series(1, 60) i");
    apply();
    List<String> stored = received();
    for (int i = 0; i < 20; i++) {
      source.execute("insert into nk values (1, 'same')");
    }
    apply();
    leave(stored);
    source.execute("insert into nk values (1, 'same')");
    apply();
    if (!contents(target).equals(contents(source))) {
      assertThat(marks()).contains("without a key it is not known whether the table already holds");
    }
  }
}
