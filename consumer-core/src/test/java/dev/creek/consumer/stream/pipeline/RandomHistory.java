package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A random but valid history of one table: inserts, updates, key changes and swaps, unique values
 * that move between rows, deletes, truncates, in transactions from one change to many more than a
 * batch. Every change carries its own number, so an effect that happens twice can be told.
 */
public final class RandomHistory {
  private static final int IDS = 60;

  private final Random random;
  private final TableWire wire;
  private final Map<Integer, Object[]> rows = new TreeMap<>();
  private final List<WalBytes> messages = new ArrayList<>();
  private long transaction;
  private long change;
  private WalTx tx = WalTx.of(1);

  public RandomHistory(long seed, String table, Generation generation) {
    this.random = new Random(seed);
    this.wire =
        TableWire.of("app", table)
            .generation(generation)
            .column("id", "int4", TableWire.Flag.KEY)
            .column("slot", "int4")
            .column("version", "int8")
            .column("note", "text");
  }

  public TableWire wire() {
    return wire;
  }

  public List<WalBytes> messages() {
    return messages;
  }

  /** The rows that the history ends with: id, slot, version, note. */
  public Map<Integer, Object[]> rows() {
    return rows;
  }

  public RandomHistory transactions(int count) {
    for (int i = 0; i < count; i++) {
      tx = WalTx.of(++transaction);
      int size = random.nextInt(20) == 0 ? 80 + random.nextInt(150) : 1 + random.nextInt(5);
      for (int j = 0; j < size; j++) {
        step();
      }
    }
    return this;
  }

  private void step() {
    int id = random.nextInt(IDS);
    switch (random.nextInt(20)) {
      case 0 -> swapSlots(id, random.nextInt(IDS));
      case 1 -> swapKeys(id, random.nextInt(IDS));
      case 2, 3 -> rename(id, random.nextInt(IDS));
      case 4 -> truncateRarely();
      case 5, 6, 7, 8 -> delete(id);
      default -> write(id, rows.containsKey(id) ? rows.get(id)[1] : null);
    }
  }

  private void write(int id, Object slot) {
    Object[] before = rows.get(id);
    Object[] after =
        row(id, slot == null && random.nextBoolean() && slotFree(id) ? Integer.valueOf(id) : slot);
    messages.add(
        before == null
            ? wire.insert(tx, after)
            : wire.update(tx, wire.row(before), wire.row(after)));
    rows.put(id, after);
  }

  private boolean slotFree(int slot) {
    return rows.values().stream().noneMatch(r -> r[1] != null && (Integer) r[1] == slot);
  }

  private void delete(int id) {
    Object[] gone = rows.remove(id);
    if (gone != null) {
      messages.add(wire.delete(tx, wire.row(gone)));
    }
  }

  private void rename(int from, int to) {
    if (rows.containsKey(from) && !rows.containsKey(to)) {
      Object[] before = rows.remove(from);
      Object[] after = row(to, before[1]);
      messages.add(wire.update(tx, wire.row(before), wire.row(after)));
      rows.put(to, after);
    }
  }

  /** Two keys change places by way of a third. */
  private void swapKeys(int a, int b) {
    int spare = IDS + 1;
    if (a != b && rows.containsKey(a) && rows.containsKey(b)) {
      rename(a, spare);
      rename(b, a);
      rename(spare, b);
    }
  }

  /** Two unique values change places by way of NULL. */
  private void swapSlots(int a, int b) {
    if (a == b || !rows.containsKey(a) || !rows.containsKey(b)) {
      return;
    }
    Object slotA = rows.get(a)[1];
    Object slotB = rows.get(b)[1];
    set(a, null);
    set(b, slotA);
    set(a, slotB);
  }

  private void set(int id, Object slot) {
    Object[] before = rows.get(id);
    Object[] after = row(id, slot);
    messages.add(wire.update(tx, wire.row(before), wire.row(after)));
    rows.put(id, after);
  }

  private void truncateRarely() {
    if (random.nextInt(15) == 0) {
      messages.add(wire.truncate(tx));
      rows.clear();
    }
  }

  private Object[] row(int id, Object slot) {
    long version = ++change;
    return new Object[] {
      id, slot, version, random.nextInt(4) == 0 ? null : "n".repeat(random.nextInt(60))
    };
  }
}
