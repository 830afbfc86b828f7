package dev.creek.consumer.source;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.SnapshotWire;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A source without servers, for the tests of programs that read changes. What a test publishes is
 * encoded as a producer does it, and comes to the program by the library's own reader, decoder and
 * batcher; only the broker is replaced by memory. It needs neither JUnit nor a server.
 *
 * <pre>{@code
 * try (SourceFeed feed = SourceFeed.of("shop")) {
 *   TableWire orders = feed.table("public", "orders").column("id", "int4", KEY).column("note", "text");
 *   CreekSource creek = feed.open();
 *   feed.transaction(tx -> tx.insert(orders, 1, "first"));
 *   …
 * }
 * }</pre>
 *
 * <p>Any number of sources may be opened, one after the other or at once; each reads all that was
 * published. Snapshots are taken when a program asks for them, of the rows that the changes have
 * left by then, and of those that were there before ({@link #row}). Thread-safe.
 */
public final class SourceFeed implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final String database;
  private final FeedLog log = new FeedLog();
  private final FeedSnapshots snapshots = new FeedSnapshots(log, this::take);
  private final FeedRows rows = new FeedRows();
  private final List<CreekSource> opened = new CopyOnWriteArrayList<>();
  private long transactions;
  private volatile Runnable beforeSnapshots = () -> {};

  private SourceFeed(String database) {
    this.database = database;
  }

  /** A feed of a source database. */
  public static SourceFeed of(String database) {
    return new SourceFeed(database);
  }

  /**
   * A table without columns: add them with {@link TableWire#column}. Altering it later is to
   * publish changes of one with other columns.
   */
  public synchronized TableWire table(String schema, String name) {
    TableWire table =
        TableWire.of(new SourceTable(database, schema, name)).generation(Generation.NEW);
    rows.declare(table);
    return table;
  }

  /** A row that the table has had for long: no change of it is published, but snapshots hold it. */
  public synchronized SourceFeed row(TableWire table, Object... row) {
    rows.insert(table, table.row(row));
    return this;
  }

  /** Runs between the request for a snapshot and the moment when it is taken. */
  void beforeSnapshots(Runnable task) {
    beforeSnapshots = task;
  }

  private FeedSnapshots.@Nullable Taken take(SourceTable table) {
    beforeSnapshots.run();
    return taken(table);
  }

  private synchronized FeedSnapshots.@Nullable Taken taken(SourceTable source) {
    TableWire table = rows.wire(source);
    if (table == null) {
      return null;
    }
    WalTx tx = begin();
    return new FeedSnapshots.Taken(
        SnapshotWire.packets(table, tx, rows.rows(source)), tx.committedAt());
  }

  /** A source with the defaults; positions are in memory. */
  public CreekSource open() {
    return open(options -> options);
  }

  /**
   * A source.
   *
   * @param settings changes its options; what concerns the broker has no effect
   */
  public CreekSource open(UnaryOperator<SourceOptions.Builder> settings) {
    CreekSource source =
        CreekSource.of(
            settings.apply(SourceOptions.builder("nats://feed.invalid")).build(),
            log,
            snapshots,
            Mono.empty(),
            () -> true);
    opened.add(source);
    return source;
  }

  /** Publishes one source transaction, all of it at once. */
  public synchronized void transaction(Consumer<Publishing> changes) {
    transaction(begin(), changes);
  }

  /** A transaction begins, commits by the source's numbers, and is not visible yet. */
  synchronized WalTx begin() {
    return WalTx.of(++transactions);
  }

  /** It becomes visible, and is published. */
  synchronized void transaction(WalTx begun, Consumer<Publishing> changes) {
    Publishing publishing = new Publishing(begun, rows);
    changes.accept(publishing);
    log.append(publishing.messages);
  }

  /** A transaction is visible, and is published when what this returns is run. */
  synchronized Runnable published(Consumer<Publishing> changes) {
    Publishing publishing = new Publishing(begin(), rows);
    changes.accept(publishing);
    return () -> log.append(publishing.messages);
  }

  /** No snapshot of those that were published can be read again. */
  void forgetSnapshots() {
    snapshots.forget();
  }

  /** The changes of one transaction, in order. */
  public static final class Publishing {
    private final WalTx tx;
    private final FeedRows rows;
    private final List<FeedLog.Message> messages = new ArrayList<>();

    private Publishing(WalTx tx, FeedRows rows) {
      this.tx = tx;
      this.rows = rows;
    }

    /** A row is inserted: its values by position. */
    public Publishing insert(TableWire table, Object... row) {
      rows.insert(table, table.row(row));
      return add(table, table.insert(tx, row));
    }

    /** A row is updated; its key is the same. */
    public Publishing update(TableWire table, Object... row) {
      rows.update(table, table.row(row), table.row(row));
      return add(table, table.update(tx, row));
    }

    /** A row is updated, perhaps its key. */
    public Publishing update(TableWire table, List<?> before, List<?> after) {
      Map<String, Object> was = table.row(before.toArray());
      Map<String, Object> is = table.row(after.toArray());
      rows.update(table, was, is);
      return add(table, table.update(tx, was, is));
    }

    /** A row is deleted. */
    public Publishing delete(TableWire table, Object... row) {
      rows.delete(table, table.row(row));
      return add(table, table.delete(tx, table.row(row)));
    }

    /** All rows are removed. */
    public Publishing truncate(TableWire table) {
      rows.truncate(table);
      return add(table, table.truncate(tx));
    }

    private Publishing add(TableWire table, WalBytes message) {
      messages.add(new FeedLog.Message(table, message.packets()));
      return this;
    }
  }

  /** What was published so far is not held any more: whoever needs it meets a gap. */
  public void forget() {
    log.forget();
  }

  /** Closes all sources. Blocks. */
  @Override
  public void close() {
    opened.forEach(source -> source.closeLater().block(LIMIT));
  }
}
