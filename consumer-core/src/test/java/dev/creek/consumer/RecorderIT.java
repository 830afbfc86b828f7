package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.WirePublisher;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an embedding program, and so the service's metrics, learn of a running consumer. */
class RecorderIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String TARGET = "copy.orders";

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final Seen seen = new Seen();
  private final TableWire orders =
      TableWire.of("app", "orders")
          .generation(Generation.NEW)
          .column("id", "int4", TableWire.Flag.KEY)
          .column("note", "text");
  private final Mapping mapping = new Mapping(orders.source(), new TargetTable("copy", "orders"));
  private final PostgresDatabase database = path.target();
  private final WirePublisher publisher = path.publisher(Generation.NEW);
  private final CreekConsumer consumer = path.consumer(path.options().recorder(seen));

  @BeforeEach
  void run() {
    publisher.publishSchema(orders);
    consumer.tables().create(mapping).block(PATIENCE);
    consumer.tables().add(mapping).block(PATIENCE);
    path.run();
  }

  @Test
  void tellsWhatIsAppliedAndThatNothingIsPending() {
    publish(1, 3);
    WalTx tx = now(4);
    publisher.publish(orders.source(), orders.update(tx, orders.row(1, "n"), orders.row(1, "m")));
    publisher.publish(orders.source(), orders.delete(tx, orders.row(2, "n")));
    publisher.flush();
    await().until(() -> seen.applied.get() == 5);
    assertThat(seen.operations).containsExactlyInAnyOrder("insert", "update", "delete");
    assertThat(seen.bytes.get()).isPositive();
    assertThat(seen.changes.get()).isEqualTo(5);
    assertThat(seen.states).contains("streaming");
    await().until(() -> seen.backlog().lag().isZero());
    assertThat(seen.backlog().pendingMessages()).isZero();
    assertThat(consumer.health().reachability(PATIENCE).block(PATIENCE).isComplete()).isTrue();
    consumer.health().threadsResponsive().block(PATIENCE);
    assertThat(consumer.health().pool().open()).isPositive();
    consumer.tables().remove(mapping.target()).block(PATIENCE);
    await().until(() -> seen.backlogs.isEmpty());
  }

  @Test
  void tellsOfCommandsAndOfWhatWasPassedOver() {
    await().until(() -> seen.states.contains("streaming"));
    publisher.publishRaw(
        orders.source(),
        ByteBuffer.allocate(10).putShort((short) 0).putInt(4).putInt(0xdeadbeef).array());
    publisher.flush();
    await().until(() -> "failed".equals(seen.states.get(seen.states.size() - 1)));
    carryOut(new Command.SkipChange(mapping.target(), 1));
    await().until(() -> seen.skipped.get() > 0);
    assertThat(carryOut(new Command.SkipChange(mapping.target(), 4711)))
        .isEqualTo(CommandOutcome.FAILED);
    assertThat(seen.commands).contains("skip_change ok", "skip_change failed");
  }

  private CommandOutcome carryOut(Command command) {
    return consumer
        .commands()
        .submit(command)
        .flatMap(id -> consumer.commands().await(id, PATIENCE))
        .block(PATIENCE)
        .outcome();
  }

  @Test
  void lagGrowsWhileTheDatabaseDoesNotTakeTheChange() throws Exception {
    publish(1, 1);
    await().until(() -> seen.applied.get() == 1);
    try (Connection blocker = database.connect();
        Statement statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute("lock table copy.orders in exclusive mode");
      publish(2, 4);
      await().until(() -> seen.backlog().lag().toMillis() > 300);
      await().until(() -> seen.backlog().pendingMessages() == 3);
      Duration before = seen.backlog().lag();
      await().until(() -> seen.backlog().lag().compareTo(before) > 0);
      blocker.rollback();
    }
    await().until(() -> seen.backlog().lag().isZero());
    assertThat(seen.backlog().pendingMessages()).isZero();
  }

  @Test
  void aTableWhoseBrokerIsAwayIsWaitingAndFallsBehind() {
    await().until(() -> seen.states.contains("streaming"));
    await().until(() -> seen.backlog().lag().isZero());
    path.broker().stop();
    await().until(() -> "waiting".equals(seen.states.get(seen.states.size() - 1)));
    assertThat(seen.reasons.get(seen.reasons.size() - 1)).startsWith("broker: ");
    await().until(() -> storedState().equals("waiting"));
    assertThat(seen.backlog().lag()).isPositive();
    assertThat(seen.backlog().lagCertainty()).isEqualTo(Certainty.BOUND);
    assertThat(seen.backlog().pendingCertainty()).isEqualTo(Certainty.UNKNOWN);
    await().until(() -> storedLag() == null);
    Reachability reached = consumer.health().reachability(PATIENCE).block(PATIENCE);
    assertThat(reached.brokerTrouble()).contains("NATS");
    assertThat(reached.databaseTrouble()).isNull();
    path.broker().start();
    await().until(() -> "streaming".equals(seen.states.get(seen.states.size() - 1)));
    await().until(() -> storedState().equals("streaming"));
    await().until(() -> seen.backlog().lag().isZero());
    await().until(() -> "00:00:00".equals(storedLag()));
    consumer.stop(PATIENCE).block(PATIENCE);
    assertThat(storedLag()).as("nobody looks any more").isNull();
  }

  @Test
  void aControlSchemaThatIsGoneIsTrouble() {
    await().until(() -> seen.states.contains("streaming"));
    database.execute("drop schema _creek_consumer cascade");
    Reachability reached = consumer.health().reachability(PATIENCE).block(PATIENCE);
    assertThat(reached.databaseTrouble()).contains("_creek_consumer");
    assertThat(reached.brokerTrouble()).isNull();
  }

  private @Nullable String storedLag() {
    return database.query("select lag from _creek_consumer.subscriptions").get(0).get(0);
  }

  private String storedState() {
    return database.query("select state from _creek_consumer.subscriptions").get(0).get(0);
  }

  private void publish(int from, int to) {
    for (int id = from; id <= to; id++) {
      publisher.publish(orders.source(), orders.insert(now(id), id, "n"));
    }
    publisher.flush();
  }

  private static WalTx now(int number) {
    WalTx tx = WalTx.of(number);
    return new WalTx(tx.id(), Instant.now(), tx.lsn());
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE);
  }

  /** Keeps what it is told. */
  private static final class Seen implements MetricsRecorder {
    final Map<String, Backlog> backlogs = new ConcurrentHashMap<>();
    final List<String> operations = new CopyOnWriteArrayList<>();
    final List<String> states = new CopyOnWriteArrayList<>();
    final List<String> reasons = new CopyOnWriteArrayList<>();
    final List<String> commands = new CopyOnWriteArrayList<>();
    final AtomicLong skipped = new AtomicLong();
    final AtomicLong applied = new AtomicLong();
    final AtomicLong changes = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();

    Backlog backlog() {
      return backlogs.get(TARGET);
    }

    @Override
    public void line(Mapping handled, Backlog backlog) {
      backlogs.put(handled.target().toString(), backlog);
    }

    @Override
    public void applied(Mapping handled, Applied committed) {
      applied.addAndGet(
          committed.inserts() + committed.updates() + committed.deletes() + committed.truncates());
      note("insert", committed.inserts());
      note("update", committed.updates());
      note("delete", committed.deletes());
    }

    private void note(String operation, long count) {
      if (count > 0 && !operations.contains(operation)) {
        operations.add(operation);
      }
    }

    @Override
    public void batch(TargetTable table, int count, long messageBytes, Duration took) {
      changes.addAndGet(count);
      bytes.addAndGet(messageBytes);
    }

    @Override
    public void state(TargetTable table, TableState state) {
      reasons.add(String.valueOf(state.shownReason()));
      states.add(state.name().stored());
    }

    @Override
    public void skipped(TargetTable table) {
      skipped.incrementAndGet();
    }

    @Override
    public void command(Verb verb, CommandOutcome outcome) {
      commands.add(verb + " " + outcome.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public void removed(TargetTable table) {
      backlogs.remove(table.toString());
    }
  }
}
