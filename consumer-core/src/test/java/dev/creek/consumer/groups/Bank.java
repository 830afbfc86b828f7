package dev.creek.consumer.groups;

import dev.creek.consumer.testing.InvariantObserver.Invariant;
import dev.creek.consumer.testing.TableWire;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * The transactions of TPC-B: the balances of branches, of tellers and of accounts, and the history,
 * which has no key, have the same sum.
 */
final class Bank implements Workload {
  private static final int BRANCHES = 3;
  private static final int TELLERS = 12;
  private static final int ACCOUNTS = 150;
  private static final int LARGE = 60;

  private final WireSource source;
  private final WireSource.Rows branches;
  private final WireSource.Rows tellers;
  private final WireSource.Rows accounts;
  private final WireSource.Rows history;
  private boolean opened;

  Bank(WireSource source) {
    this.source = source;
    this.branches = source.table(table("branches"), 1);
    this.tellers = source.table(table("tellers"), 1);
    this.accounts = source.table(table("accounts"), 1);
    this.history =
        source.table(
            TableWire.of("bank", "history")
                .identity(TableWire.Identity.NONE)
                .column("account", "int4")
                .column("delta", "int8"),
            0);
  }

  private static TableWire table(String name) {
    return TableWire.of("bank", name)
        .column("id", "int4", TableWire.Flag.KEY)
        .column("balance", "int8");
  }

  @Override
  public List<String> ddl() {
    return List.of(
        "create table copy.branches (id int primary key, balance int8 not null)",
        "create table copy.tellers (id int primary key, balance int8 not null)",
        "create table copy.accounts (id int primary key, balance int8 not null)",
        "create table copy.history (account int not null, delta int8 not null)");
  }

  @Override
  public List<String> tables() {
    return List.of("branches", "tellers", "accounts", "history");
  }

  @Override
  public Invariant invariant() {
    return new Invariant(
        """
        select b.sum as branches, t.sum as tellers, a.sum as accounts, h.sum as history
        from (select coalesce(sum(balance), 0) as sum from copy.branches) b,
            (select coalesce(sum(balance), 0) as sum from copy.tellers) t,
            (select coalesce(sum(balance), 0) as sum from copy.accounts) a,
            (select coalesce(sum(delta), 0) as sum from copy.history) h
        where not (b.sum = t.sum and t.sum = a.sum and a.sum = h.sum)
        """,
        "select count(*) from copy.history");
  }

  @Override
  public void small(Random random) {
    transfers(1, random);
  }

  @Override
  public void large(Random random) {
    transfers(LARGE, random);
  }

  private void transfers(int count, Random random) {
    source.transaction(
        () -> {
          open();
          for (int i = 0; i < count; i++) {
            transfer(random);
          }
        });
  }

  private void open() {
    if (!opened) {
      opened = true;
      fill(branches, BRANCHES);
      fill(tellers, TELLERS);
      fill(accounts, ACCOUNTS);
    }
  }

  private static void fill(WireSource.Rows table, int rows) {
    for (int id = 0; id < rows; id++) {
      table.insert(id, 0L);
    }
  }

  private void transfer(Random random) {
    int account = random.nextInt(ACCOUNTS);
    long delta = random.nextInt(10_001) - 5000L;
    add(accounts, account, delta);
    add(tellers, random.nextInt(TELLERS), delta);
    add(branches, random.nextInt(BRANCHES), delta);
    history.insert(account, delta);
  }

  private static void add(WireSource.Rows table, int id, long delta) {
    Object[] row = Objects.requireNonNull(table.get(id));
    table.update(List.of(id), id, (Long) row[1] + delta);
  }
}
