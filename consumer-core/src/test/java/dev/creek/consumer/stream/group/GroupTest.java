package dev.creek.consumer.stream.group;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.SkippedChanges;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.batch.Linger;
import dev.creek.consumer.testing.MemoryLog;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Fingerprint;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** A group over a broker and a target in memory. */
class GroupTest {
  private static final int TABLES = 7;
  private static final int TRANSACTIONS = 400;
  private static final int MANY = 60_000;
  private static final Duration LINGER = Duration.ofMillis(2);

  /** Nothing ends a transaction but what follows it. */
  private static final Duration FOR_EVER = Duration.ofDays(1);

  /** No member: its messages are dropped. */
  private static final TableWire FOREIGN =
      TableWire.of("app", "foreign").column("id", "int4", KEY).column("note", "text");

  private final Scheduler threads = Schedulers.newParallel("group", 2);
  private final Map<SourceTable, List<Long>> published = new HashMap<>();
  private final List<Disposable> running = new ArrayList<>();
  private final Map<SourceTable, Sinks.Empty<Void>> leaving = new HashMap<>();

  /** The members that were called together, and whether all was applied by then. */
  private final Map<SourceTable, Boolean> together = new ConcurrentHashMap<>();

  /** When the snapshots were taken that tables hold. */
  private final Map<SourceTable, Instant> snapshotsAt = new HashMap<>();

  private final List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger decoderFaults = new AtomicInteger();

  private MemoryLog log;
  private ModelTarget target;
  private Schemas schemas;
  private Group group;

  @AfterEach
  void end() {
    running.forEach(Disposable::dispose);
    threads.dispose();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void appliesEachSourceTransactionInOneTargetTransaction(long seed) {
    begin(seed, new ModelTarget(seed, 0), 0);
    applyAll(seed);
    eachTransactionIsOne();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void doesSoAlsoIfTheTargetAndReadingBreak(long seed) {
    begin(seed, ModelTarget.breakingForAll(seed, 25), 10);
    applyAll(seed);
    eachTransactionIsOne();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void aBatchThatMeetsAForeignKeyIsWrittenInTheOrderOfTheSource(long seed) {
    begin(seed, ModelTarget.mindingOrder(seed, 15), 3);
    applyAll(seed);
    eachTransactionIsOne();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void aTransactionThatWasRefusedInPartsIsTriedAsAWhole(long seed) {
    begin(seed, ModelTarget.missingParts(seed, 15), 3);
    applyAll(seed);
    eachTransactionIsOne();
  }

  private void applyAll(long seed) {
    publish(new Random(seed));
    expectAndJoinAll();
    awaitAll();
  }

  private void expectAndJoinAll() {
    List<SourceTable> tables = tables().stream().map(TableWire::source).toList();
    tables.forEach(table -> group.expect(table, () -> {}));
    tables.forEach(this::join);
  }

  private void eachTransactionIsOne() {
    Map<Long, Integer> commitsOf = new HashMap<>();
    for (Map<SourceTable, List<Long>> commit : target.commits()) {
      Set<Long> transactions = new HashSet<>();
      commit.values().forEach(transactions::addAll);
      transactions.forEach(id -> commitsOf.merge(id, 1, Integer::sum));
    }
    assertThat(commitsOf).hasSize(TRANSACTIONS).allSatisfy((id, n) -> assertThat(n).isOne());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void appliesEachChangeOnceWhateverFailsAndWhoeverLeaves(long seed) {
    begin(seed, new ModelTarget(seed, 25), 10);
    publish(new Random(seed));
    published.keySet().forEach(this::join);
    Random random = new Random(seed);
    List<SourceTable> tables = List.copyOf(published.keySet());
    Flux.interval(Duration.ofMillis(3), threads)
        .onBackpressureDrop()
        .takeUntil(tick -> isDone() || tick > 100)
        .doOnNext(tick -> leave(tables.get(random.nextInt(tables.size()))))
        .blockLast(Patience.LIMIT);
    awaitAll();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aMessageOfAnyTableEndsTheTransactionBeforeItAndNoneOfItsOwn(long seed) {
    Random random = new Random(seed);
    begin(seed, new ModelTarget(seed, 0), 0, FOR_EVER);
    publish(
        random,
        tx -> {
          if (random.nextInt(3) == 0) {
            WalBytes message = FOREIGN.insert(tx, 1, "x".repeat(random.nextInt(40)));
            log.append(FOREIGN.source(), packets(random, message));
          }
        });
    log.append(FOREIGN.source(), FOREIGN.insert(WalTx.of(TRANSACTIONS + 1), 1, "").packets());
    expectAndJoinAll();
    awaitAll();
    eachTransactionIsOne();
  }

  @Test
  void messagesOfAnotherDatabaseMayComeWithinOneOfAMember() {
    begin(5, new ModelTarget(5, 0), 0);
    publish(new Random(5));
    TableWire table = tables().get(0);
    WalTx tx = WalTx.of(TRANSACTIONS + 1);
    WalBytes message = table.insert(tx, 1, "x".repeat(100));
    for (byte[] packet : WalBytes.packets(message.bytes(), 60)) {
      log.append(table.source(), List.of(packet));
      log.append(null, FOREIGN.insert(tx, 1, "").packets());
    }
    published.get(table.source()).add(tx.id());
    published.keySet().forEach(this::join);
    awaitAll();
  }

  @Test
  void aQuietMembersPositionFollowsTheMessagesOfOtherTables() {
    begin(6, new ModelTarget(6, 0), 0);
    publish(new Random(6));
    byte[] message = FOREIGN.insert(WalTx.of(TRANSACTIONS + 1), 1, "").packet();
    for (int i = 0; i < MANY; i++) {
      log.append(FOREIGN.source(), List.of(message));
    }
    SourceTable quiet = published.keySet().iterator().next();
    published.keySet().forEach(this::join);
    Awaitility.await()
        .atMost(Patience.LIMIT)
        .untilAsserted(() -> assertThat(target.position(quiet).sequence()).isGreaterThan(MANY));
  }

  @Test
  void aFaultBetweenTwoRoundsIsToldToTheMembers() {
    begin(4, new ModelTarget(4, 0), 0);
    publish(new Random(4));
    decoderFaults.set(3);
    published.keySet().forEach(this::join);
    awaitAll();
  }

  @Test
  void aMemberThatLeavesHasThePositionOfTheOthers() {
    begin(3, new ModelTarget(3, 0), 0);
    publish(new Random(3));
    SourceTable idle = new SourceTable("source", "app", "idle");
    log.publish(idle, new Fingerprint(1), "none");
    published.put(idle, List.of());
    published.keySet().forEach(this::join);
    awaitAll();
    leave(idle);

    long end = log.state(idle).block(Patience.LIMIT).lastSequence();
    Awaitility.await()
        .atMost(Patience.LIMIT)
        .untilAsserted(() -> assertThat(target.position(idle).sequence()).isEqualTo(end));
  }

  @Test
  void soHaveMembersThatLeaveOneAfterAnother() {
    begin(7, new ModelTarget(7, 0), 0);
    publish(new Random(7));
    published.keySet().forEach(this::join);
    List<SourceTable> idle =
        List.of(
            new SourceTable("source", "app", "idle"), new SourceTable("source", "app", "quiet"));
    List<Long> left = Collections.synchronizedList(new ArrayList<>());
    for (SourceTable table : idle) {
      running.add(
          follow(table)
              .doOnComplete(
                  () -> {
                    left.add(target.position(table).sequence());
                    idle.forEach(this::leave);
                  })
              .subscribe());
    }
    awaitAll();
    leave(idle.get(0));

    long end = log.state(idle.get(0)).block(Patience.LIMIT).lastSequence();
    Awaitility.await()
        .atMost(Patience.LIMIT)
        .untilAsserted(() -> assertThat(left).containsExactly(end, end));
  }

  /** As a table's pipeline does when it is stopped: it closes its writer at once. */
  @Test
  void aMemberThatStopsInTheMiddleOfAWriteIsNobodysFailure() throws InterruptedException {
    begin(8, new ModelTarget(8, 0), 0);
    publish(new Random(8));
    Random random = new Random(8);
    SourceTable stops = published.keySet().iterator().next();
    published.keySet().stream().filter(table -> !table.equals(stops)).forEach(this::join);
    for (int i = 0; i < 100; i++) {
      TableWriter writer = target.writer(stops);
      Disposable its = follow(stops, writer).subscribe(applied -> {}, errors::add);
      Thread.sleep(random.nextInt(10));
      its.dispose();
      writer.close().block(Patience.LIMIT);
    }
    join(stops);
    awaitAll();
    assertThat(errors).isEmpty();
  }

  @Test
  void aMemberThatIsAheadIsTogetherWithTheOthersOnceTheyHaveComeSoFar() {
    begin(8, new ModelTarget(8, 0), 0);
    publish(new Random(8));
    SourceTable ahead = published.keySet().iterator().next();
    published.put(ahead, List.of());
    target.hasSnapshot(ahead, log.state(ahead).block(Patience.LIMIT));
    expectAndJoinAll();
    Awaitility.await().atMost(Patience.LIMIT).until(() -> together.size() == TABLES);
    assertThat(together.values()).containsOnly(true);
  }

  /** The round begins at the end of the stream, so nothing is ever delivered to it. */
  @Test
  void aMemberWhoseSnapshotIsNewerThanItsPositionIsTogetherWithTheOthersInAQuietDatabase() {
    begin(9, new ModelTarget(9, 0), 0);
    publish(new Random(9));
    LogState end = log.state("source").block(Patience.LIMIT);
    for (SourceTable table : List.copyOf(published.keySet())) {
      published.put(table, List.of());
      target.hasSnapshot(table, end);
      snapshotsAt.put(table, WalTx.of(TRANSACTIONS + 1).committedAt());
    }
    expectAndJoinAll();
    Awaitility.await().atMost(Patience.LIMIT).until(() -> together.size() == TABLES);
  }

  /** The broker lets them be read one by one, and nobody should have to wait for a permission. */
  @Test
  void whereTheBrokerRefusesTheMembersGoTheirOwnWayAndNoneIsAdmitted() {
    begin(7, new ModelTarget(7, 0), 0);
    publish(new Random(7));
    log.refuse(new BrokerException.Denied("says the test", "grant it"));
    assertThat(isAdmitted(FOREIGN.source())).isTrue();
    List<Applied> applied =
        Flux.fromIterable(published.keySet())
            .flatMap(this::follow)
            .collectList()
            .block(Patience.LIMIT);
    assertThat(applied).isEmpty();
    assertThat(isAdmitted(FOREIGN.source())).isFalse();
  }

  @Test
  void aSecondTargetOfASourceTableIsNotAdmitted() {
    begin(1, new ModelTarget(1, 0), 0);
    publish(new Random(1));
    SourceTable table = published.keySet().iterator().next();
    assertThat(isAdmitted(table)).isTrue();
    join(table);
    Awaitility.await().atMost(Patience.LIMIT).until(() -> !isAdmitted(table));
  }

  private boolean isAdmitted(SourceTable table) {
    return group.admits(table, log.state(table).block(Patience.LIMIT), new StartAt.Sequence(1));
  }

  /**
   * @param readFaults how often reading breaks
   */
  private void begin(long seed, ModelTarget with, int readFaults) {
    begin(seed, with, readFaults, LINGER);
  }

  private void begin(long seed, ModelTarget with, int readFaults, Duration linger) {
    Random random = new Random(seed);
    target = with;
    AtomicInteger faults = new AtomicInteger(readFaults);
    log =
        new MemoryLog(
            seed,
            () -> {
              if (random.nextInt(20) == 0 && faults.getAndDecrement() > 0) {
                throw new BrokerException.Unavailable("says the test");
              }
            });
    schemas = new Schemas(new NoCache(), log);
    group =
        new Group(
            new GroupPorts(
                "source",
                false,
                log,
                new ModelTables(target),
                new BatchLimits(1 + random.nextInt(30), 300 + random.nextInt(5000)),
                Linger.ofTables(linger),
                threads,
                ByteShares.of(10_000)));
  }

  private static List<TableWire> tables() {
    return IntStream.range(0, TABLES)
        .mapToObj(
            i -> TableWire.of("app", "t" + i).column("id", "int4", KEY).column("note" + i, "text"))
        .toList();
  }

  private void publish(Random random) {
    publish(random, tx -> {});
  }

  /**
   * @param afterEach what follows each change
   */
  private void publish(Random random, Consumer<WalTx> afterEach) {
    List<TableWire> tables = tables();
    tables.forEach(t -> log.publish(t.source(), t.fingerprint(), t.schemaText()));
    tables.forEach(t -> published.put(t.source(), new ArrayList<>()));
    for (int n = 1; n <= TRANSACTIONS; n++) {
      WalTx tx = WalTx.of(n);
      int changes = 1 + random.nextInt(random.nextInt(20) == 0 ? 80 : 6);
      for (int i = 0; i < changes; i++) {
        TableWire table = tables.get(random.nextInt(TABLES));
        WalBytes message = table.insert(tx, i, "x".repeat(random.nextInt(40)));
        log.append(table.source(), packets(random, message));
        published.get(table.source()).add(tx.id());
        afterEach.accept(tx);
      }
    }
  }

  private static List<byte[]> packets(Random random, WalBytes message) {
    return random.nextInt(4) == 0 ? WalBytes.packets(message.bytes(), 60) : message.packets();
  }

  /** Again and again, from its stored position. */
  private void join(SourceTable table) {
    running.add(
        Flux.defer(() -> follow(table))
            .doOnError(errors::add)
            .onErrorResume(e -> Flux.empty())
            .repeatWhen(ends -> ends.delayElements(Duration.ofMillis(2), threads))
            .retryWhen(Retry.indefinitely())
            .subscribe());
  }

  private Flux<Applied> follow(SourceTable table) {
    return follow(table, target.writer(table));
  }

  private Flux<Applied> follow(SourceTable table, TableWriter writer) {
    Sinks.Empty<Void> leave = Sinks.empty();
    synchronized (leaving) {
      leaving.put(table, leave);
    }
    var start = new StartAt.Sequence(target.position(table).sequence() + 1);
    return log.state(table)
        .filter(state -> group.admits(table, state, start))
        .flatMapMany(state -> group.follow(member(table, state, start, writer), leave.asMono()));
  }

  private void leave(SourceTable table) {
    synchronized (leaving) {
      leaving.get(table).tryEmitEmpty();
    }
  }

  private boolean isDone() {
    return published.entrySet().stream()
        .allMatch(table -> target.applied(table.getKey()).equals(table.getValue()));
  }

  private void awaitAll() {
    Awaitility.await()
        .atMost(Patience.LIMIT)
        .untilAsserted(
            () ->
                published.forEach(
                    (table, changes) ->
                        assertThat(target.applied(table)).as(table.table()).isEqualTo(changes)));
  }

  private Member member(SourceTable table, LogState state, StartAt start, TableWriter writer) {
    var claim =
        new Claim(
            TestMember.mapping(table),
            1,
            target.position(table),
            snapshotsAt.get(table),
            SkippedChanges.NONE,
            null,
            null);
    return new TestMember(claim, state, start, writer) {
      @Override
      public ChangeDecoder newDecoder(StartAt.Sequence first) {
        if (decoderFaults.getAndDecrement() > 0) {
          throw new IllegalStateException("says the test");
        }
        return new ChangeDecoder(table, schemas, 1 << 20, first, Set.of(), () -> {});
      }

      @Override
      public void together() {
        together.put(table, isDone());
      }
    };
  }

  private static final class NoCache implements SchemaCache {
    @Override
    public Mono<List<String>> find(SourceTable source, Fingerprint fingerprint) {
      return Mono.empty();
    }

    @Override
    public Mono<Void> put(SourceTable source, Fingerprint fingerprint, String text) {
      return Mono.empty();
    }
  }
}
