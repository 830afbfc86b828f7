package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.target;

import com.sun.management.ThreadMXBean;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures the row path: nanoseconds and bytes of garbage a row, best of several rounds. Run its
 * {@code main} on the test class path; nothing asserts on it, since machines differ.
 */
final class RowPathSpeed {
  private static final int BATCH_ROWS = 1000;
  private static final int ROUNDS = 12;
  private static final int BATCHES_A_ROUND = 500;

  private RowPathSpeed() {}

  @SuppressWarnings("SystemOut") // a program to be run by hand
  public static void main(String[] args) {
    var narrow =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.KEY)
            .column("v", "int4")
            .column("name", "text")
            .column("ts", "timestamptz");
    var plan =
        ChangePlan.of(
            narrow.walSchema(),
            target(
                List.of("id"),
                notNull("id", PgType.INT4),
                column("v", PgType.INT4),
                column("name", PgType.TEXT),
                column("ts", PgType.TIMESTAMPTZ)));
    var messages = new ArrayList<WalBytes>();
    for (int i = 0; i < BATCH_ROWS; i++) {
      messages.add(
          narrow.insert(
              WalTx.of(i), i * 7919, i, "x".repeat(40), 1_700_000_000_000_000L + i * 1_000_003L));
    }
    var changes = Targets.changes(narrow.walSchema(), messages);
    report("fold, narrow, all rows survive", () -> plan.fold(changes).inserts().rows());
    var columns = RowPlan.of(narrow.walSchema().after(), shape()).newColumns(BATCH_ROWS);
    var rows = RowPlan.of(narrow.walSchema().after(), shape());
    report("transcode alone, narrow", () -> transcode(rows, changes, columns));
    var sameKey = new ArrayList<Change>();
    for (int i = 0; i < BATCH_ROWS; i++) {
      sameKey.add(changes.get(i % 10));
    }
    report("fold, narrow, 1 in 100 survives", () -> plan.fold(sameKey).inserts().rows());
  }

  private static TargetShape shape() {
    return target(
        List.of("id"),
        notNull("id", PgType.INT4),
        column("v", PgType.INT4),
        column("name", PgType.TEXT),
        column("ts", PgType.TIMESTAMPTZ));
  }

  private static int transcode(RowPlan rows, List<Change> changes, ValueColumn[] into) {
    for (ValueColumn column : into) {
      column.clear();
    }
    var cursor = new AvroCursor();
    for (Change change : changes) {
      cursor.over(change.data(), change.after(), change.end());
      rows.transcode(cursor, change.sequence(), into);
    }
    return into[0].count();
  }

  private interface Work {
    int run();
  }

  @SuppressWarnings("SystemOut") // a program to be run by hand
  private static void report(String what, Work work) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double bestNanos = Double.MAX_VALUE;
    double garbage = 0;
    long sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long allocated = threads.getCurrentThreadAllocatedBytes();
      // Time of this thread's own: the machine is shared.
      long begin = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < BATCHES_A_ROUND; i++) {
        sum += work.run();
      }
      double rows = (double) BATCHES_A_ROUND * BATCH_ROWS;
      bestNanos = Math.min(bestNanos, (threads.getCurrentThreadCpuTime() - begin) / rows);
      garbage = (threads.getCurrentThreadAllocatedBytes() - allocated) / rows;
    }
    System.out.printf(
        Locale.ROOT, "%-34s %6.1f ns %6.1f B a row (%d)%n", what, bestNanos, garbage, sum);
  }
}
