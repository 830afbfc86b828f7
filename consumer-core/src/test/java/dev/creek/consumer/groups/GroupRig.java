package dev.creek.consumer.groups;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.InvariantObserver;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * A source database that is only published, a broker, and a consumer of it that groups its tables,
 * behind networks that can be cut.
 */
final class GroupRig implements AutoCloseable {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final TableGroup GROUP = new TableGroup("source", "source");

  /**
   * Longer than what may keep the test from publishing the rest of a transaction. By default a
   * pause of some 20 ms ends it, as nothing on the wire does.
   */
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** About a thousand transactions a second. */
  private static final int TRANSACTIONS_AT_ONCE = 10;

  private static final long PAUSE_NANOS = 10_000_000;

  private final PostgresDatabase target;
  private final TcpProxy toBroker;
  private final TcpProxy toTarget;
  private final WirePublisher publisher;
  private final WireSource source;
  private final CreekConsumer consumer;
  private final Collection<TableEvent.StateChanged> states = new ConcurrentLinkedQueue<>();
  private final Set<TargetTable> members = ConcurrentHashMap.newKeySet();
  private @Nullable Disposable running;

  /** What is stored of memberships may be some seconds old. */
  private final class Members implements MetricsRecorder {
    @Override
    public void grouped(TargetTable table, TableGroup group, Membership membership) {
      if (membership == Membership.MEMBER && group.equals(GROUP)) {
        members.add(table);
      } else {
        members.remove(table);
      }
    }
  }

  GroupRig(
      NatsServer nats,
      PostgresDatabase target,
      Generation generation,
      UnaryOperator<ConsumerOptions.Builder> settings) {
    this.target = target;
    this.toBroker = TcpProxy.to(nats.host(), nats.port());
    this.toTarget = TcpProxy.to(target.server().host(), target.server().port());
    this.publisher = WirePublisher.of(nats, generation, "source");
    this.source = new WireSource(publisher, generation);
    String uri =
        target
            .patientUri()
            .replace(":" + target.server().port() + "/", ":" + toTarget.port() + "/");
    this.consumer =
        CreekConsumer.create(
            settings
                .apply(
                    ConsumerOptions.builder(
                            BrokerOptions.builder("nats://127.0.0.1:" + toBroker.port()).build(),
                            DatabaseOptions.of(uri))
                        .grouping(Grouping.DATABASE)
                        .recorder(new Members())
                        .linger(LINGER))
                .build());
    target.execute("create schema copy");
    consumer.initialize().block(PATIENCE);
  }

  WireSource source() {
    return source;
  }

  PostgresDatabase target() {
    return target;
  }

  CreekConsumer consumer() {
    return consumer;
  }

  TcpProxy toBroker() {
    return toBroker;
  }

  TcpProxy toTarget() {
    return toTarget;
  }

  /** Creates the target's tables, and publishes the first transaction. */
  void create(Workload workload) {
    target.execute(workload.ddl().toArray(String[]::new));
    workload.small(new Random(0));
    source.flush();
  }

  static TargetTable table(String name) {
    return new TargetTable("copy", name);
  }

  private static Mapping mapping(WireSource.Rows table) {
    return new Mapping(table.wire().source(), table(table.name()));
  }

  private WireSource.Rows rows(String table) {
    return source.tables().stream().filter(t -> t.name().equals(table)).findFirst().orElseThrow();
  }

  void add(String table) {
    consumer.tables().add(mapping(rows(table))).block(PATIENCE);
  }

  void remove(String table) {
    assertThat(consumer.tables().remove(table(table)).block(PATIENCE)).isTrue();
  }

  /** Subscribes all tables, lets the consumer run, and waits until all are members. */
  void start() {
    source.tables().forEach(table -> add(table.name()));
    run();
    awaitMembers();
  }

  void run() {
    running = consumer.run().ofType(TableEvent.StateChanged.class).subscribe(states::add);
  }

  void stop() {
    consumer.stop(PATIENCE).block(PATIENCE);
    if (running != null) {
      running.dispose();
    }
  }

  private void await(String what, ThrowingRunnable holds) {
    try {
      Awaitility.await(what).atMost(PATIENCE).ignoreExceptions().untilAsserted(holds);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(e.getMessage() + "\n" + situation(), e);
    }
  }

  /** Where all tables stand, and what the target's sessions do. */
  private String situation() {
    return Stream.concat(
            target
                .query(
                    """
                    select target, active, state, reason, member, stream_seq, epoch
                    from _creek_consumer.subscriptions
                    order by stream_seq
                    """)
                .stream(),
            target
                .query(
                    """
                    select pid, state, wait_event, pg_blocking_pids(pid), now() - state_change, left(query, 200)
                    from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()
                    """)
                .stream())
        .map(List::toString)
        .collect(Collectors.joining("\n"));
  }

  /** Waits until all tables are applied together. */
  void awaitMembers() {
    await(
        "all are members",
        () ->
            assertThat(members)
                .containsAll(source.tables().stream().map(t -> table(t.name())).toList()));
  }

  void awaitState(String table, TableState.Name state) {
    await(
        table + " is " + state,
        () ->
            assertThat(
                    target.value(
                        "select state from _creek_consumer.subscriptions where target = 'copy."
                            + table
                            + "'"))
                .isEqualToIgnoringCase(state.name()));
  }

  /** Waits until so many more changes of a table have been applied. */
  void awaitMore(String table, int changes) {
    long wanted = applied(table) + changes;
    await(table + " goes on", () -> assertThat(applied(table)).isGreaterThanOrEqualTo(wanted));
  }

  long applied(String table) {
    return Long.parseLong(
        target.value(
            "select rows_applied from _creek_consumer.subscriptions where target = 'copy."
                + table
                + "'"));
  }

  /** States that tables have had while the consumer ran, in order; all of some tables. */
  List<TableState.Name> statesOf(String... tables) {
    return states.stream()
        .filter(change -> List.of(tables).contains(change.mapping().target().table()))
        .map(change -> change.state().name())
        .toList();
  }

  /** Publishes transactions by a thread of its own, some thousand a second, until it is closed. */
  Load load(Random random, Consumer<Random> transaction) {
    return new Load(random, transaction);
  }

  final class Load implements AutoCloseable {
    private volatile boolean ended;
    private final CompletableFuture<Void> publishing;

    private Load(Random random, Consumer<Random> transaction) {
      publishing =
          CompletableFuture.runAsync(
              () -> {
                while (!ended) {
                  for (int i = 0; i < TRANSACTIONS_AT_ONCE; i++) {
                    transaction.accept(random);
                  }
                  LockSupport.parkNanos(PAUSE_NANOS);
                }
                source.flush();
              });
    }

    /** Waits until so many more transactions have been published. */
    void awaitMore(int transactions) {
      long wanted = source.transactions() + transactions;
      Awaitility.await("transactions are published")
          .atMost(PATIENCE)
          .until(() -> publishing.isDone() || source.transactions() >= wanted);
    }

    /** Waits until an observer has seen so many states. */
    void awaitSeen(InvariantObserver observer, int states) {
      Awaitility.await("states are seen")
          .atMost(PATIENCE)
          .until(() -> publishing.isDone() || observer.findings().states() >= states);
    }

    @Override
    public void close() {
      ended = true;
      publishing.join();
    }
  }

  /** Waits until the target holds what the source does. Nothing may be published any more. */
  void awaitEqual() {
    for (WireSource.Rows table : source.tables()) {
      List<String> expected = table.contents();
      await(
          table.name() + " is equal", () -> assertThat(contents(table.name())).isEqualTo(expected));
    }
  }

  private List<String> contents(String table) {
    return target.query("select * from copy." + table).stream()
        .map(WireSource::text)
        .sorted()
        .collect(Collectors.toList());
  }

  /** Marks of tables but that they began without a snapshot; none if all is well. */
  List<String> marks() {
    return target
        .query(
            "select target, cause, detail from _creek_consumer.incompleteness where cause <> 'no_snapshot'")
        .stream()
        .map(List::toString)
        .toList();
  }

  @Override
  public void close() {
    toBroker.heal();
    toTarget.heal();
    stop();
    consumer.close();
    publisher.close();
    toBroker.close();
    toTarget.close();
  }
}
