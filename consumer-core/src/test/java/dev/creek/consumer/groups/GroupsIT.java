package dev.creek.consumer.groups;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.testing.InvariantObserver;
import dev.creek.consumer.testing.InvariantObserver.Findings;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What source transactions keep over several tables is never seen broken on the target, while its
 * tables are applied together. {@code -Dcreek.test.seed=…} takes another seed.
 */
final class GroupsIT {
  private static final Logger log = LoggerFactory.getLogger(GroupsIT.class);
  private static final long SEED = Long.getLong("creek.test.seed", 16);

  /** Looks at something new: enough to have seen many transactions come. */
  private static final int MANY = 300;

  /** Far less than a large transaction. */
  private static final int SMALL_BATCH = 20;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private PostgresDatabase database;
  private GroupRig rig;

  @BeforeEach
  void open(PostgresDatabase fresh) {
    database = fresh;
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void rig(Generation generation, UnaryOperator<ConsumerOptions.Builder> settings) {
    rig = new GroupRig(nats.server(), database, generation, settings);
  }

  private static void neverBroken(InvariantObserver observer) {
    Findings found = observer.findings();
    log.info("{}", found);
    assertThat(found.examples()).as(found.toString()).isEmpty();
    assertThat(found.broken()).isZero();
    assertThat(found.states()).as(found.toString()).isGreaterThanOrEqualTo(MANY);
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void noReaderSeesATransactionInParts(Generation generation) {
    rig(generation, UnaryOperator.identity());
    Workload orders = new OrderBook(rig.source(), true);
    Workload bank = new Bank(rig.source());
    rig.create(orders);
    rig.create(bank);
    rig.start();
    try (InvariantObserver ofOrders = InvariantObserver.start(database, orders.invariant());
        InvariantObserver ofBank = InvariantObserver.start(database, bank.invariant())) {
      try (GroupRig.Load load =
          rig.load(
              new Random(SEED), random -> (random.nextBoolean() ? orders : bank).small(random))) {
        load.awaitSeen(ofOrders, MANY);
        load.awaitSeen(ofBank, MANY);
      }
      rig.awaitEqual();
      neverBroken(ofOrders);
      neverBroken(ofBank);
    }
    assertThat(rig.statesOf("orders", "order_lines", "branches", "tellers", "accounts", "history"))
        .as("no foreign key made a table wait")
        .containsOnly(TableState.Name.STREAMING);
    assertThat(rig.marks()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void norOneThatIsLargerThanABatch(Generation generation) {
    rig(generation, options -> options.batches(SMALL_BATCH, 1 << 20));
    Workload orders = new OrderBook(rig.source(), true);
    Workload bank = new Bank(rig.source());
    rig.create(orders);
    rig.create(bank);
    rig.start();
    try (InvariantObserver ofOrders = InvariantObserver.start(database, orders.invariant());
        InvariantObserver ofBank = InvariantObserver.start(database, bank.invariant())) {
      try (GroupRig.Load load =
          rig.load(
              new Random(SEED),
              random -> {
                Workload next = random.nextBoolean() ? orders : bank;
                if (random.nextInt(8) == 0) {
                  next.large(random);
                } else {
                  next.small(random);
                }
                // A large one has a few hundred rows.
                LockSupport.parkNanos(8_000_000);
              })) {
        load.awaitSeen(ofOrders, MANY);
        load.awaitSeen(ofBank, MANY);
      }
      rig.awaitEqual();
      neverBroken(ofOrders);
      neverBroken(ofBank);
    }
    assertThat(rig.statesOf("orders", "order_lines", "branches", "tellers", "accounts", "history"))
        .containsOnly(TableState.Name.STREAMING);
    assertThat(rig.marks()).isEmpty();
  }

  @Test
  void aMemberThatFailsAndHealsHoldsUpNoOther() {
    rig(Generation.NEW, UnaryOperator.identity());
    Workload bank = new Bank(rig.source());
    rig.create(bank);
    WireSource.Rows audit =
        rig.source()
            .table(
                TableWire.of("bank", "audit")
                    .column("id", "int4", TableWire.Flag.KEY)
                    .column("note", "text"),
                1);
    database.execute("create table copy.audit (id int primary key, note text)");
    rig.start();
    int[] audited = new int[1];
    try (InvariantObserver observer =
        InvariantObserver.start(
            database,
            bank.invariant()
                .whileTogether("copy.branches", "copy.tellers", "copy.accounts", "copy.history"))) {
      try (GroupRig.Load load =
          rig.load(
              new Random(SEED),
              random -> {
                bank.small(random);
                rig.source().transaction(() -> audit.insert(++audited[0], "note"));
              })) {
        for (int round = 0; round < 4; round++) {
          boolean column = round % 2 == 0;
          load.awaitMore(300);
          database.execute(
              column
                  ? "alter table copy.audit drop column note"
                  : "alter table copy.audit add check (note <> 'note') not valid");
          rig.awaitState("audit", TableState.Name.FAILED);
          rig.awaitMore("history", 300);
          database.execute(
              column
                  ? "alter table copy.audit add column note text"
                  : "alter table copy.audit drop constraint audit_note_check");
          rig.awaitState("audit", TableState.Name.STREAMING);
          rig.awaitMembers();
        }
        load.awaitSeen(observer, MANY);
      }
      database.execute("update copy.audit set note = 'note' where note is null");
      rig.awaitEqual();
      neverBroken(observer);
    }
    assertThat(rig.statesOf("branches", "tellers", "accounts", "history"))
        .containsOnly(TableState.Name.STREAMING);
  }

  @Test
  void membersThatComeAndGoBreakNothingOfTheOthers() {
    rig(Generation.OLD, UnaryOperator.identity());
    Workload orders = new OrderBook(rig.source(), false);
    Workload bank = new Bank(rig.source());
    rig.create(orders);
    rig.create(bank);
    rig.start();
    Random random = new Random(SEED);
    try (InvariantObserver observer = InvariantObserver.start(database, bank.invariant())) {
      try (GroupRig.Load load =
          rig.load(new Random(SEED), r -> (r.nextBoolean() ? orders : bank).small(r))) {
        for (int round = 0; round < 8; round++) {
          String table = orders.tables().get(random.nextInt(2));
          switch (random.nextInt(3)) {
            case 0 -> {
              rig.remove(table);
              load.awaitMore(random.nextInt(300));
              rig.add(table);
            }
            case 1 -> {
              rig.consumer().tables().setGroup(GroupRig.table(table), "own").block(Patience.LIMIT);
              load.awaitMore(random.nextInt(300));
              rig.consumer().tables().setGroup(GroupRig.table(table), null).block(Patience.LIMIT);
            }
            default -> {
              orders.tables().forEach(rig::remove);
              load.awaitMore(random.nextInt(300));
              orders.tables().forEach(rig::add);
            }
          }
          load.awaitMore(random.nextInt(300));
        }
        load.awaitSeen(observer, MANY);
      }
      rig.awaitEqual();
      neverBroken(observer);
    }
    rig.awaitMembers();
    assertThat(rig.statesOf("branches", "tellers", "accounts", "history"))
        .containsOnly(TableState.Name.STREAMING);
    assertThat(rig.marks()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void connectionsThatBreakAndRestartsBreakNothing(Generation generation) {
    rig(generation, UnaryOperator.identity());
    Workload orders = new OrderBook(rig.source(), true);
    Workload bank = new Bank(rig.source());
    rig.create(orders);
    rig.create(bank);
    rig.start();
    try (InvariantObserver ofOrders =
            InvariantObserver.start(
                database, orders.invariant().whileTogether("copy.orders", "copy.order_lines"));
        InvariantObserver ofBank =
            InvariantObserver.start(
                database,
                bank.invariant()
                    .whileTogether(
                        "copy.branches", "copy.tellers", "copy.accounts", "copy.history"))) {
      try (GroupRig.Load load =
          rig.load(
              new Random(SEED), random -> (random.nextBoolean() ? orders : bank).small(random))) {
        List<Runnable> faults =
            List.of(
                rig.toTarget()::drop,
                rig.toBroker()::drop,
                () -> {
                  rig.stop();
                  rig.run();
                });
        for (int i = 0; i < 9; i++) {
          load.awaitMore(300);
          faults.get(i % faults.size()).run();
          rig.awaitMore("history", 50);
          rig.awaitMore("orders", 50);
        }
        load.awaitSeen(ofOrders, MANY);
        load.awaitSeen(ofBank, MANY);
      }
      rig.awaitEqual();
      neverBroken(ofOrders);
      neverBroken(ofBank);
    }
    rig.awaitMembers();
    assertThat(rig.marks()).isEmpty();
  }
}
