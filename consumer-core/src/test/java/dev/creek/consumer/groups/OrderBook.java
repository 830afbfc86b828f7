package dev.creek.consumer.groups;

import dev.creek.consumer.testing.InvariantObserver.Invariant;
import dev.creek.consumer.testing.TableWire;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * Orders and their lines: an order's number of lines and its total are those of its lines. Every
 * transaction changes both tables. Orders get other keys, and lines move to other orders.
 */
final class OrderBook implements Workload {
  private static final int ORDERS = 60;
  private static final int MAX_LINES = 5;
  private static final int LARGE_ORDERS = 25;
  private static final int KINDS = 10;

  private final WireSource source;
  private final WireSource.Rows orders;
  private final WireSource.Rows lines;
  private final boolean foreignKeys;

  /** Amounts of the lines by order and number. */
  private final Map<Integer, NavigableMap<Integer, Integer>> book = new TreeMap<>();

  private int nextOrder;

  OrderBook(WireSource source, boolean foreignKeys) {
    this.source = source;
    this.foreignKeys = foreignKeys;
    this.orders =
        source.table(
            TableWire.of("shop", "orders")
                .column("id", "int4", TableWire.Flag.KEY)
                .column("lines", "int4")
                .column("total", "int4"),
            1);
    this.lines =
        source.table(
            TableWire.of("shop", "order_lines")
                .column("order_id", "int4", TableWire.Flag.KEY)
                .column("line", "int4", TableWire.Flag.KEY)
                .column("amount", "int4"),
            2);
  }

  @Override
  public List<String> ddl() {
    return List.of(
        "create table copy.orders (id int primary key, lines int not null, total int not null)",
        "create table copy.order_lines (order_id int"
            + (foreignKeys ? " references copy.orders" : "")
            + ", line int, amount int not null, primary key (order_id, line))");
  }

  @Override
  public List<String> tables() {
    return List.of("orders", "order_lines");
  }

  @Override
  public Invariant invariant() {
    return new Invariant(
        """
        select o.id, o.lines, o.total, l.order_id, l.lines, l.total
        from copy.orders o
        full join (
            select order_id, count(*) as lines, sum(amount) as total
            from copy.order_lines
            group by order_id
        ) l on l.order_id = o.id
        where (o.lines, o.total) is distinct from (l.lines, l.total)
        """,
        "select count(*) || ' ' || coalesce(sum(id::int8 * total), 0) from copy.orders");
  }

  @Override
  public void small(Random random) {
    source.transaction(() -> change(random));
  }

  /**
   * Without changes of an order's key: that is one statement over both tables, and a batch may end
   * within it, where no immediate foreign key can hold.
   */
  @Override
  public void large(Random random) {
    source.transaction(
        () -> {
          for (int i = 0; i < LARGE_ORDERS; i++) {
            change(random, KINDS - 1);
          }
        });
  }

  private void change(Random random) {
    change(random, KINDS);
  }

  private void change(Random random, int kinds) {
    if (book.size() < ORDERS / 2) {
      place(random);
      return;
    }
    int order = any(random);
    switch (random.nextInt(kinds)) {
      case 0, 1 -> place(random);
      case 2, 3 -> cancel(order);
      case 4 -> moveLine(order, any(random), random);
      case 5 -> addLine(order, random);
      case 6 -> dropLine(order);
      case 7, 8 -> changeAmount(order, random);
      default -> rename(order);
    }
  }

  private int any(Random random) {
    List<Integer> ids = new ArrayList<>(book.keySet());
    return ids.get(random.nextInt(ids.size()));
  }

  private NavigableMap<Integer, Integer> linesOf(int order) {
    return Objects.requireNonNull(book.get(order));
  }

  private Object[] row(int order) {
    NavigableMap<Integer, Integer> its = linesOf(order);
    return new Object[] {
      order, its.size(), its.values().stream().mapToInt(Integer::intValue).sum()
    };
  }

  private void total(int order) {
    orders.update(List.of(order), row(order));
  }

  private void place(Random random) {
    if (book.size() >= ORDERS) {
      cancel(any(random));
    }
    int order = ++nextOrder;
    NavigableMap<Integer, Integer> its = new TreeMap<>();
    int count = 1 + random.nextInt(MAX_LINES);
    for (int line = 1; line <= count; line++) {
      its.put(line, random.nextInt(1000));
    }
    book.put(order, its);
    orders.insert(row(order));
    its.forEach((line, amount) -> lines.insert(order, line, amount));
  }

  private void cancel(int order) {
    linesOf(order).keySet().forEach(line -> lines.delete(List.of(order, line)));
    book.remove(order);
    orders.delete(List.of(order));
  }

  /** As {@code on update cascade} publishes it: the order, then its lines. */
  private void rename(int order) {
    int now = ++nextOrder;
    NavigableMap<Integer, Integer> its = linesOf(order);
    book.remove(order);
    book.put(now, its);
    orders.update(List.of(order), row(now));
    its.forEach((line, amount) -> lines.update(List.of(order, line), now, line, amount));
  }

  private void moveLine(int from, int to, Random random) {
    if (from == to || linesOf(from).size() == 1) {
      changeAmount(from, random);
      return;
    }
    int line = linesOf(from).lastKey();
    int amount = Objects.requireNonNull(linesOf(from).remove(line));
    int free = linesOf(to).lastKey() + 1;
    linesOf(to).put(free, amount);
    lines.update(List.of(from, line), to, free, amount);
    total(from);
    total(to);
  }

  private void addLine(int order, Random random) {
    int line = linesOf(order).lastKey() + 1;
    int amount = random.nextInt(1000);
    linesOf(order).put(line, amount);
    lines.insert(order, line, amount);
    total(order);
  }

  private void dropLine(int order) {
    if (linesOf(order).size() == 1) {
      cancel(order);
      return;
    }
    int line = linesOf(order).firstKey();
    linesOf(order).remove(line);
    lines.delete(List.of(order, line));
    total(order);
  }

  private void changeAmount(int order, Random random) {
    int line = linesOf(order).firstKey();
    int amount = random.nextInt(1000);
    linesOf(order).put(line, amount);
    lines.update(List.of(order, line), order, line, amount);
    total(order);
  }
}
