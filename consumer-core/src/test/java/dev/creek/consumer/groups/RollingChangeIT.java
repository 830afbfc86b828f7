package dev.creek.consumer.groups;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** One instance after the other begins to group tables by database, under load. */
final class RollingChangeIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  /** The last one has no key: a change that is applied twice, or not at all, shows there. */
  private static final List<String> TABLES = List.of("a", "b", "c", "log");

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private int written;

  @Test
  void losesAndRepeatsNothingWhileInstancesOfBothKindsAreThere() {
    for (PostgresDatabase database : List.of(source, target)) {
      database.execute(
          "create table a (id int primary key, v int)",
          "create table b (id int primary key, v int)",
          "create table c (id int primary key, v int)",
          "create table log (id int, v int)");
    }
    source.execute("alter table log replica identity full");
    path.produce(Generation.NEW);
    CreekConsumer tables = path.consumer(path.options().grouping(Grouping.TABLE));
    TABLES.forEach(table -> tables.tables().add(path.mapping(table)).block(PATIENCE));
    Disposable first = tables.run().subscribe();
    write(100);
    awaitEqual();
    CreekConsumer grouped = path.consumer(path.options().grouping(Grouping.DATABASE));
    Disposable second = grouped.run().subscribe();
    write(300);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        grouped
                            .health()
                            .instances()
                            .map(Instance::grouping)
                            .collectList()
                            .block(PATIENCE))
                    .containsExactlyInAnyOrder(Grouping.TABLE, Grouping.DATABASE));
    write(300);
    awaitOwners("1");
    write(300);
    awaitEqual();
    assertThat(
            grouped
                .tables()
                .subscriptions()
                .map(s -> s.state().name().stored())
                .collectList()
                .block(PATIENCE))
        .containsOnly("streaming");
    tables.stop(PATIENCE).block(PATIENCE);
    first.dispose();
    write(300);
    awaitEqual();
    awaitMembers();
    write(100);
    awaitEqual();
    grouped.stop(PATIENCE).block(PATIENCE);
    second.dispose();
  }

  private void write(int transactions) {
    for (int i = 0; i < transactions; i++) {
      int id = written++;
      source.execute(
          "begin; insert into a values (%1$d, 1); insert into b values (%1$d, 1);".formatted(id)
              + " update c set v = v + 1; insert into c values (%1$d, 1); insert into log values (%2$d, 1); commit"
                  .formatted(id, id % 3));
    }
  }

  private void awaitEqual() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }

  private static List<String> contents(PostgresDatabase database) {
    return TABLES.stream()
        .map(
            table ->
                database.value(
                    "select count(*) || ' ' || md5(string_agg(t::text, ' ' order by t::text)) from public.%s t"
                        .formatted(table)))
        .toList();
  }

  /** However many there are, all tables of a database are with one of them. */
  private void awaitOwners(String count) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        target.value(
                            "select count(distinct owner) from _creek_consumer.subscriptions"
                                + " having count(owner) = count(*)"))
                    .isEqualTo(count));
  }

  private void awaitMembers() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        target.value(
                            "select bool_and(coalesce(member, false)) from _creek_consumer.subscriptions"))
                    .isEqualTo("t"));
  }
}
