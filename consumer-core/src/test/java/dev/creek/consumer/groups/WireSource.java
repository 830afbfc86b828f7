package dev.creek.consumer.groups;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A source database, published as its producer does it: transactions over several tables, and the
 * rows that they leave. Transactions are made by one thread; what the rows are at the end may be
 * read by another once that has ended.
 */
final class WireSource {
  private final WirePublisher publisher;
  private final Generation generation;
  private final List<Rows> tables = new ArrayList<>();
  private final List<Runnable> pending = new ArrayList<>();
  private final AtomicLong transactions = new AtomicLong();
  private WalTx tx = WalTx.of(0);
  private long lsn = WalTx.of(1).lsn();

  WireSource(WirePublisher publisher, Generation generation) {
    this.publisher = publisher;
    this.generation = generation;
  }

  /** Adds a table, without rows. Its key is its first columns. */
  Rows table(TableWire wire, int keyColumns) {
    Rows rows = new Rows(wire.generation(generation), keyColumns);
    publisher.publishSchema(rows.wire);
    tables.add(rows);
    return rows;
  }

  List<Rows> tables() {
    return tables;
  }

  /**
   * Publishes one transaction, all of it at once: what the test still has to think about would look
   * like the end of it.
   */
  void transaction(Runnable changes) {
    tx = WalTx.of(transactions.get() + 1);
    changes.run();
    pending.forEach(Runnable::run);
    pending.clear();
    transactions.incrementAndGet();
  }

  /** Transactions that were published. Thread-safe. */
  long transactions() {
    return transactions.get();
  }

  /** Waits until the broker has everything. */
  void flush() {
    publisher.flush();
  }

  /** With every message: OLD has the transaction's LSN, NEW that of the change. */
  private WalTx next() {
    return generation == Generation.OLD ? tx : tx.at(++lsn);
  }

  private void publish(TableWire wire, WalBytes message) {
    pending.add(() -> publisher.publish(wire.source(), message));
  }

  /** A table's rows; every change of them is published. */
  final class Rows {
    private final TableWire wire;
    private final int keyColumns;
    private final Map<List<Object>, Object[]> rows = new HashMap<>();
    private int inserted;

    private Rows(TableWire wire, int keyColumns) {
      this.wire = wire;
      this.keyColumns = keyColumns;
    }

    TableWire wire() {
      return wire;
    }

    String name() {
      return wire.source().table();
    }

    private List<Object> keyOf(Object[] row) {
      return keyColumns == 0 ? List.of(inserted++) : Arrays.asList(row).subList(0, keyColumns);
    }

    void insert(Object... row) {
      rows.put(keyOf(row), row);
      publish(wire, wire.insert(next(), row));
    }

    /** Changes a row, perhaps its key. */
    void update(List<Object> key, Object... row) {
      Object[] before = Objects.requireNonNull(rows.remove(key), "no such row");
      rows.put(keyOf(row), row);
      publish(wire, wire.update(next(), wire.row(before), wire.row(row)));
    }

    void delete(List<Object> key) {
      Object[] before = Objects.requireNonNull(rows.remove(key), "no such row");
      publish(wire, wire.delete(next(), wire.row(before)));
    }

    Object @Nullable [] get(Object... key) {
      return rows.get(List.of(key));
    }

    /** All rows, each as text, sorted by that. */
    List<String> contents() {
      List<String> texts = new ArrayList<>();
      rows.values().forEach(row -> texts.add(text(Arrays.asList(row))));
      Collections.sort(texts);
      return texts;
    }
  }

  /** A row as {@link Rows#contents} has it. */
  static String text(List<?> values) {
    return values.toString();
  }
}
