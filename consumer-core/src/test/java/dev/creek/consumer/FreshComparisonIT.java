package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.api.Verification.Difference;
import dev.creek.consumer.api.Verification.Kind;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A table that is in use, compared with a snapshot, by a process beside the service. */
final class FreshComparisonIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Verification.Options HOW =
      new Verification.Options(Duration.ofMinutes(1), 100);

  @RegisterExtension static final WholePath path = WholePath.shared();

  /** Names are the users'. */
  private static final String ITEMS = "\"Odd. ns\".\"'It\"\"ems $1\"";

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer visitor = path.consumer();

  @BeforeEach
  void open() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, 1000) i");
    target.execute("create schema \"Odd. ns\"");
    path.produce(Generation.NEW);
    visitor.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
    visitor.tables().add(items()).block(PATIENCE);
  }

  /** By another consumer than the visitor. */
  private void serve() {
    path.consumer(path.options());
    path.run();
    await()
        .atMost(PATIENCE)
        .until(() -> visitor.health().instances().any(Instance::serving).block(PATIENCE));
  }

  private Mapping items() {
    return Mapping.parse(source.name() + ".public.items:" + ITEMS);
  }

  @Test
  void aTableThatIsWrittenAllTheTimeIsEqualAndNothingIsLeftBehind() throws Exception {
    serve();
    var enough = new AtomicBoolean();
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; !enough.get(); i++) {
                source.execute(
                    "update items set v = 'w%d' where id %% 100 = %d".formatted(i, i % 100),
                    "insert into items values (%d, 'new')".formatted(10_000 + i));
              }
            });
    Verification found;
    try {
      found = visitor.comparisons().verify(items(), HOW).block(PATIENCE);
    } finally {
      enough.set(true);
      writing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    assertThat(found.differences()).isEmpty();
    assertThat(found.equal()).isTrue();
    assertThat(found.targetRows()).isGreaterThanOrEqualTo(1000);
    assertNothingIsLeft();
  }

  @Test
  void tellsWhichRowsAreWrong() {
    serve();
    target.execute(
        "update %s set v = 'wrong' where id = 7".formatted(ITEMS),
        "delete from %s where id = 8".formatted(ITEMS),
        "insert into %s values (-1, 'extra')".formatted(ITEMS));
    var brief = new Verification.Options(Duration.ofSeconds(2), 100);
    Verification found = visitor.comparisons().verify(items(), brief).block(PATIENCE);
    assertThat(found.sourceRows()).isEqualTo(1000);
    assertThat(found.differences())
        .containsExactlyInAnyOrder(
            new Difference(Kind.DIFFERENT, List.of("7"), 1),
            new Difference(Kind.MISSING, List.of("8"), 1),
            new Difference(Kind.UNEXPECTED, List.of("-1"), 1));
    assertNothingIsLeft();
  }

  @Test
  void withoutAServiceNothingIsBegun() {
    assertThatThrownBy(() -> visitor.comparisons().verify(items(), HOW).block(PATIENCE))
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("no service runs");
    assertNothingIsLeft();
  }

  @Test
  void whatAKilledOneLeftGoesWithTheNextStartOfAServiceAndAStoppedOneLeavesNothing() {
    target.execute(
        "create table public._creek_verify_00000000000000ff (id int primary key)",
        """
        insert into _creek_consumer.subscriptions (topic, target, lsn, "timestamp", active)
        values ('shop.public.gone', 'public._creek_verify_00000000000000ff', '0/0', now(), false)
        """);
    serve();
    await().atMost(PATIENCE).untilAsserted(this::assertNothingIsLeft);
    target.execute("update %s set v = 'wrong' where id = 7".formatted(ITEMS));
    CompletableFuture<Verification> comparing =
        visitor.comparisons().verify(items(), HOW).toFuture();
    await().atMost(PATIENCE).until(() -> subscribed() == 2);
    visitor.stop(PATIENCE).block(PATIENCE);
    assertThat(comparing).failsWithin(PATIENCE);
    assertNothingIsLeft();
  }

  private int subscribed() {
    return Integer.parseInt(
        target.value("select count(*) from _creek_consumer.subscriptions where active"));
  }

  private void assertNothingIsLeft() {
    assertThat(target.query("select relname from pg_class where relname ~ '^_creek_'")).isEmpty();
    assertThat(target.query("select target from _creek_consumer.subscriptions"))
        .containsExactly(List.of(ITEMS));
  }
}
