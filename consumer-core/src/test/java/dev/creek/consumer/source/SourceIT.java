package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.retry.Retry;

/** Reading changes from a real broker, with positions in a real database. */
class SourceIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String BOTH = "source.app.*";

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  /** A row of both tables. */
  record Item(int id, @Nullable String note) {}

  private static TableWire wire(Generation generation, String table) {
    return TableWire.of("app", table)
        .generation(generation)
        .column("id", "int4", KEY)
        .column("note", "text");
  }

  private static ConnectionFactory connections(PostgresDatabase database) {
    return new PostgresqlConnectionFactory(
        PostgresqlConnectionConfiguration.builder()
            .host(database.server().host())
            .port(database.server().port())
            .username(database.server().user())
            .password(database.server().password())
            .database(database.name())
            .connectTimeout(Duration.ofSeconds(60))
            .build());
  }

  private CreekSource source(String uri, Positions positions) {
    return CreekSource.create(
        SourceOptions.builder(uri).positions(positions).linger(Duration.ofSeconds(1)).build());
  }

  /** Publishes transactions over two tables, three changes each. */
  private static void publish(WirePublisher publisher, Generation generation, int from, int to) {
    TableWire one = wire(generation, "one");
    TableWire two = wire(generation, "two");
    publisher.publishSchema(one);
    publisher.publishSchema(two);
    for (int tx = from; tx <= to; tx++) {
      WalTx in = WalTx.of(tx);
      publisher.publish(one.source(), one.insert(in, tx, "first"));
      publisher.publish(two.source(), two.insert(in, tx, "other"));
      publisher.publish(one.source(), one.update(in, tx, "second"));
    }
    publisher.flush();
  }

  @ParameterizedTest
  @EnumSource
  void transactionsOverTwoTablesComeWholeAndGoOnBehindTheStoredPosition(
      Generation generation, PostgresDatabase database) {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), generation, "source")) {
      publish(publisher, generation, 1, 300);
      Positions positions = Positions.postgres(connections(database), "reader");
      List<Long> ids = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        try (CreekSource creek = source(nats.server().uri(), positions)) {
          creek
              .changes(BOTH)
              .as(Item.class)
              .transactions()
              .take(90)
              .concatMap(
                  tx -> {
                    assertThat(tx.changes()).hasSize(3);
                    ids.add(tx.id());
                    return tx.commit();
                  },
                  0)
              .blockLast(PATIENCE);
        }
      }
      assertThat(ids)
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 270).mapToObj(tx -> WalTx.of(tx).id()).toList());
      assertThat(database.query("select name, sequence from creek_positions"))
          .containsExactly(List.of("reader", "810"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneTableIsReadByItsSubject(Generation generation, PostgresDatabase database)
      throws IOException, InterruptedException, JetStreamApiException {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), generation, "source");
        CreekSource creek = source(nats.server().uri(), Positions.inMemory());
        Connection admin = Nats.connect(nats.server().uri())) {
      publish(publisher, generation, 1, 20);
      String stream = generation == Generation.OLD ? "CREEK_wal" : "CREEK_wal_source";
      AtomicInteger changes = new AtomicInteger();
      Disposable running =
          creek.changes("source.app.one").changes().subscribe(change -> changes.incrementAndGet());
      Awaitility.await().atMost(PATIENCE).until(() -> changes.get() >= 38);
      var consumers = admin.jetStreamManagement().getConsumers(stream);
      assertThat(consumers).hasSize(1);
      assertThat(consumers.get(0).getConsumerConfiguration().getFilterSubject())
          .endsWith("app.one");

      running.dispose();
      Awaitility.await("cancelling ends the consumer")
          .atMost(PATIENCE)
          .until(() -> admin.jetStreamManagement().getConsumers(stream).isEmpty());
    }
  }

  /**
   * Rows and position in one transaction of the program, which ends at any place, is rolled back,
   * loses its connection, or is abandoned with its source.
   */
  @ParameterizedTest
  @EnumSource
  void inTheProgramsOwnTransactionEachChangeTakesEffectOnce(
      Generation generation, PostgresDatabase database) {
    long seed = Long.getLong("creek.test.seed", System.nanoTime());
    Random random = new Random(seed);
    int transactions = 100;
    database.execute("create table effects (tab text, tx bigint, seq bigint)");
    ConnectionFactory connections = connections(database);
    try (WirePublisher publisher = WirePublisher.of(nats.server(), generation, "source")) {
      publish(publisher, generation, 1, transactions + 1);
      int kills = 0;
      while (Long.parseLong(database.value("select count(*) from effects")) < 3L * transactions) {
        try (CreekSource creek =
            source(nats.server().uri(), Positions.postgres(connections, "copy"))) {
          int until = 1 + random.nextInt(60);
          int how = random.nextInt(4);
          AtomicInteger done = new AtomicInteger();
          creek
              .changes(BOTH)
              .transactions()
              .concatMap(
                  tx ->
                      Mono.usingWhen(
                          connections.create(),
                          connection ->
                              Mono.from(connection.beginTransaction())
                                  .thenMany(
                                      Flux.fromIterable(tx.changes())
                                          .concatMap(
                                              change ->
                                                  connection
                                                      .createStatement(
                                                          "insert into effects values ($1, $2, $3)")
                                                      .bind("$1", change.table().table())
                                                      .bind("$2", tx.id())
                                                      .bind("$3", change.origin().sequence())
                                                      .execute())
                                          .concatMap(Result::getRowsUpdated))
                                  .then(tx.commit(connection))
                                  .then(
                                      Mono.defer(
                                          () ->
                                              done.incrementAndGet() >= until && how == 0
                                                  ? Mono.error(new IllegalStateException("test"))
                                                  : Mono.from(connection.commitTransaction()))),
                          io.r2dbc.spi.Connection::close,
                          (connection, error) -> connection.close(),
                          io.r2dbc.spi.Connection::close),
                  0)
              .takeUntilOther(how == 1 ? Mono.delay(Duration.ofMillis(until * 3L)) : Mono.never())
              .mergeWith(
                  how == 2
                      ? Mono.delay(Duration.ofMillis(until * 3L))
                          .then(Mono.fromRunnable(() -> killSessions(database)))
                      : Mono.empty())
              .timeout(Duration.ofMillis(1500), Mono.empty())
              .onErrorComplete()
              .blockLast(PATIENCE);
          kills++;
        }
      }
      assertThat(
              database.query(
                  "select tab, tx, seq from effects group by 1, 2, 3 having count(*) > 1"))
          .as("seed %d, %d kills: effects that came twice", seed, kills)
          .isEmpty();
      assertThat(
              database.value(
                  "select count(*) from (select tx from effects group by tx having count(*) = 3) whole"))
          .as("seed %d: whole transactions", seed)
          .isEqualTo(database.value("select count(distinct tx) from effects"));
    }
  }

  private static void killSessions(PostgresDatabase database) {
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
  }

  @Test
  void aTransactionThatIsRolledBackComesAgain(PostgresDatabase database) {
    ConnectionFactory connections = connections(database);
    Positions positions = Positions.postgres(connections, "copy");
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekSource creek = source(nats.server().uri(), positions)) {
      publish(publisher, Generation.NEW, 1, 4);
      AtomicInteger attempts = new AtomicInteger();
      List<Long> ids = new CopyOnWriteArrayList<>();
      creek
          .changes(BOTH)
          .transactions()
          .concatMap(
              tx ->
                  Mono.usingWhen(
                          connections.create(),
                          connection ->
                              Mono.from(connection.beginTransaction())
                                  .then(tx.commit(connection))
                                  .then(
                                      Mono.defer(
                                          () ->
                                              attempts.incrementAndGet() % 2 == 1
                                                  ? Mono.<Void>error(
                                                      new IllegalStateException("test"))
                                                  : Mono.from(connection.commitTransaction()))),
                          io.r2dbc.spi.Connection::close)
                      .retryWhen(Retry.fixedDelay(5, Duration.ofMillis(1)))
                      .thenReturn(tx),
              0)
          .doOnNext(tx -> ids.add(tx.id()))
          .take(3)
          .blockLast(PATIENCE);
      assertThat(attempts.get()).isEqualTo(6);
      assertThat(ids).containsExactly(WalTx.of(1).id(), WalTx.of(2).id(), WalTx.of(3).id());
      assertThat(positions.load().block(PATIENCE).position().sequence()).isEqualTo(9);
    }
  }

  @Test
  void twoProcessesWithOneNameAreNoticedBeforeTheyDoAnythingTwice(PostgresDatabase database) {
    ConnectionFactory connections = connections(database);
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekSource one = source(nats.server().uri(), Positions.postgres(connections, "copy"));
        CreekSource other = source(nats.server().uri(), Positions.postgres(connections, "copy"))) {
      publish(publisher, Generation.NEW, 1, 10);
      assertThatThrownBy(
              () ->
                  one.changes(BOTH)
                      .transactions()
                      .concatMap(
                          tx ->
                              other
                                  .changes(BOTH)
                                  .transactions()
                                  .take(2)
                                  .last()
                                  .flatMap(Transaction::commit)
                                  .then(tx.commit()),
                          0)
                      .blockLast(PATIENCE))
          .isInstanceOf(SourceException.Conflict.class)
          .satisfies(
              error -> assertThat(((SourceException) error).hint()).contains("a name of its own"));
    }
  }

  @Test
  void anOutageIsReportedAndOvercome(PostgresDatabase database) {
    List<String> heard = new CopyOnWriteArrayList<>();
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        TcpProxy proxy = TcpProxy.to(nats.server().host(), nats.server().port());
        CreekSource creek =
            CreekSource.create(
                SourceOptions.builder("nats://127.0.0.1:" + proxy.port())
                    .listener(
                        new SourceListener() {
                          @Override
                          public void reading(String database, long pending) {
                            heard.add("reading " + database);
                          }

                          @Override
                          public void interrupted(
                              String database, String reason, @Nullable String hint) {
                            heard.add("interrupted");
                          }
                        })
                    .build())) {
      publish(publisher, Generation.NEW, 1, 5);
      List<Integer> ids = new CopyOnWriteArrayList<>();
      Disposable running =
          creek
              .changes("source.app.two")
              .as(Item.class)
              .changes()
              .subscribe(change -> ids.add(((Change.Insert<Item>) change).row().id()));
      Awaitility.await().atMost(PATIENCE).until(() -> ids.size() >= 4);
      proxy.drop();
      Awaitility.await().atMost(PATIENCE).until(() -> heard.contains("interrupted"));
      publish(publisher, Generation.NEW, 6, 10);
      Awaitility.await().atMost(PATIENCE).until(() -> ids.size() >= 9);
      running.dispose();
      assertThat(ids.subList(0, 9))
          .containsExactlyElementsOf(IntStream.rangeClosed(1, 9).boxed().toList());
      assertThat(heard).contains("reading source");
    }
  }

  @Test
  void missingMessagesAreAGapWithItsPlace(PostgresDatabase database)
      throws IOException, InterruptedException, JetStreamApiException {
    Positions positions = Positions.inMemory();
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekSource creek = source(nats.server().uri(), positions);
        Connection admin = Nats.connect(nats.server().uri())) {
      publish(publisher, Generation.NEW, 1, 10);
      creek.changes(BOTH).transactions().next().flatMap(Transaction::commit).block(PATIENCE);
      admin
          .jetStreamManagement()
          .purgeStream(
              "CREEK_wal_source", io.nats.client.PurgeOptions.builder().sequence(20).build());

      assertThatThrownBy(() -> creek.changes(BOTH).transactions().blockFirst(PATIENCE))
          .isInstanceOf(SourceException.Gap.class)
          .satisfies(
              error -> {
                assertThat(((SourceException) error).sequence()).hasValue(4);
                assertThat(((SourceException) error).hint()).contains("Start.EARLIEST");
              });
      assertThat(
              creek
                  .changes(BOTH)
                  .startAt(Start.EARLIEST)
                  .changes()
                  .map(change -> change.origin().sequence())
                  .blockFirst(PATIENCE))
          .isEqualTo(20);
    }
  }

  @Test
  void readingBeginsWhereItIsToldTo(PostgresDatabase database) {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.OLD, "source");
        CreekSource creek = source(nats.server().uri(), Positions.inMemory())) {
      publish(publisher, Generation.OLD, 1, 20);
      Changes<Row> both = creek.changes(BOTH);
      assertThat(first(both.startAt(Start.sequence(31)))).isEqualTo(31);
      assertThat(first(both.startAt(Start.time(WalTx.of(7).committedAt())))).isEqualTo(19);
      assertThat(
              first(creek.changes("source.app.two").startAt(Start.time(WalTx.of(7).committedAt()))))
          .isEqualTo(20);
      List<Long> latest = new CopyOnWriteArrayList<>();
      Disposable running =
          both.startAt(Start.LATEST)
              .changes()
              .subscribe(change -> latest.add(change.origin().sequence()));
      int next = 21;
      while (latest.isEmpty()) {
        publish(publisher, Generation.OLD, next, next);
        next++;
      }
      running.dispose();
      assertThat(latest.get(0)).isGreaterThan(60);
    }
  }

  private static long first(Changes<Row> changes) {
    return changes.changes().blockFirst(PATIENCE).origin().sequence();
  }

  @Test
  void theSubscribersContextReachesItsHandlers(PostgresDatabase database) {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekSource creek = source(nats.server().uri(), Positions.inMemory())) {
      publish(publisher, Generation.NEW, 1, 3);
      List<String> seen = new CopyOnWriteArrayList<>();
      Disposable running =
          creek
              .changes(BOTH)
              .forEachTransaction(
                  tx ->
                      Mono.deferContextual(
                          context -> {
                            seen.add(context.get("tenant"));
                            return Mono.empty();
                          }))
              .contextWrite(Context.of("tenant", "acme"))
              .subscribe();
      Awaitility.await().atMost(PATIENCE).until(() -> seen.size() >= 2);
      running.dispose();
      assertThat(seen).containsOnly("acme");
    }
  }

  @Test
  void manySourcesAndSubscriptionsLeaveNothingBehind(PostgresDatabase database)
      throws IOException, InterruptedException, JetStreamApiException {
    leaveNothingBehind(database, 12);
  }

  @Tag("long")
  @Test
  void aThousandSourcesLeaveNothingBehind(PostgresDatabase database)
      throws IOException, InterruptedException, JetStreamApiException {
    leaveNothingBehind(database, 1000);
  }

  private void leaveNothingBehind(PostgresDatabase database, int cycles)
      throws IOException, InterruptedException, JetStreamApiException {
    ConnectionFactory connections = connections(database);
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        Connection admin = Nats.connect(nats.server().uri())) {
      publish(publisher, Generation.NEW, 1, 20);
      once(connections);
      Set<Thread> before = threads();
      for (int i = 0; i < cycles; i++) {
        once(connections);
      }
      // Closing has waited for their deletion; the broker itself would take 5 minutes.
      assertThat(admin.jetStreamManagement().getConsumers("CREEK_wal_source")).isEmpty();
      Awaitility.await("connections end")
          .atMost(PATIENCE)
          .until(
              () ->
                  "0"
                      .equals(
                          database.value(
                              "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")));
      Awaitility.await("threads end")
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          threads().stream()
                              .filter(thread -> !before.contains(thread))
                              .map(Thread::getName)
                              .filter(name -> name.startsWith("creek-")))
                      .isEmpty());
    }
  }

  private void once(ConnectionFactory connections) {
    try (CreekSource creek =
        source(nats.server().uri(), Positions.postgres(connections, "leaks"))) {
      for (String tables : List.of(BOTH, "source.app.one")) {
        creek
            .changes(tables)
            .startAt(Start.EARLIEST)
            .transactions()
            .take(3)
            .concatMap(Transaction::commit, 0)
            .blockLast(PATIENCE);
      }
    }
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }
}
