package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.Subscriptions.Signal;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;

/** Signals that subscriptions may have changed. */
final class NotificationListenerIT {
  private static final Duration NEVER = Duration.ofHours(1);

  @RegisterExtension
  final PostgresExtension postgres = PostgresExtension.own(PostgresServer.builder().version(15));

  private final Disposable.Composite running = Disposables.composite();

  @AfterEach
  void stop() {
    running.dispose();
  }

  private PostgresTarget connect(PostgresDatabase database, Duration tick) {
    var options = DatabaseOptions.builder(database.uri(), Map.of()).wakeInterval(tick).build();
    var target = PostgresTarget.connect(options);
    running.add(() -> target.close().subscribe());
    return target;
  }

  private AtomicInteger count(PostgresTarget target) {
    var signals = new AtomicInteger();
    running.add(target.subscriptions().changes().subscribe(signal -> signals.incrementAndGet()));
    await().until(() -> signals.get() >= 1);
    return signals;
  }

  @Test
  void wakesAtStartAndForEachChange(PostgresDatabase database) {
    var target = connect(database, NEVER);
    await(target.subscriptions().migrate());
    var signals = count(target);
    var mapping = Mapping.parse("db.app.t:public.t");
    await(target.subscriptions().activate(mapping));
    await().until(() -> signals.get() >= 2);
    int before = signals.get();
    await(target.subscriptions().deactivate(mapping.target()));
    await().until(() -> signals.get() > before);
    int after = signals.get();
    database.execute("notify creek_consumer, 'anything'");
    await().until(() -> signals.get() > after);
  }

  @Test
  void wakesOnTheTickAlone(PostgresDatabase database) {
    var signals = count(connect(database, Duration.ofMillis(50)));
    await().until(() -> signals.get() >= 4);
  }

  @Test
  void joinsSignalsThatNobodyAskedFor(PostgresDatabase database) {
    var received = new AtomicInteger();
    var slow =
        new BaseSubscriber<Signal>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Signal signal) {
            received.incrementAndGet();
          }
        };
    running.add(slow);
    connect(database, NEVER).subscriptions().changes().subscribe(slow);
    await().until(() -> received.get() == 1);
    String[] many = new String[100];
    java.util.Arrays.fill(many, "notify creek_consumer");
    database.execute(many);
    slow.request(1);
    await().until(() -> received.get() == 2);
    slow.request(10);
    database.execute("notify creek_consumer");
    // The hundred may still come in two lots: one was waiting, the others behind it.
    await().until(() -> received.get() >= 3);
    assertThat(received.get()).as("a hundred notifications are a few signals").isLessThan(10);
  }

  @Test
  void wakesAgainAfterTheConnectionWasCutAndTheServerRestarted(PostgresDatabase database) {
    var signals = count(connect(database, NEVER));
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'");
    await().until(() -> signals.get() >= 2);
    postgres.restartable().restart();
    await().atMost(Duration.ofSeconds(30)).until(() -> signals.get() >= 3);
    database.execute("notify creek_consumer");
    await().until(() -> signals.get() >= 4);
  }

  @Test
  void waitsForAServerThatIsNotThereYet(PostgresDatabase database) {
    var server = postgres.restartable();
    server.stop();
    var signals = new AtomicInteger();
    running.add(
        connect(database, NEVER)
            .subscriptions()
            .changes()
            .subscribe(signal -> signals.incrementAndGet()));
    server.start();
    await().atMost(Duration.ofSeconds(30)).until(() -> signals.get() >= 1);
    assertThat(server.isRunning()).isTrue();
  }
}
