package shop;

import dev.creek.consumer.source.Change;
import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.Row;
import dev.creek.consumer.source.SourceOptions;
import dev.creek.consumer.source.Start;
import dev.creek.consumer.source.Transaction;

/** Prints the transactions of some tables, from the oldest that the broker holds on, without end. */
public final class PrintTransactions {
  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("PrintTransactions NATS-URI TABLES, such as nats://localhost shop.public.*");
      System.exit(2);
    }
    try (CreekSource creek = CreekSource.create(SourceOptions.builder(args[0]).build())) {
      creek
          .changes(args[1])
          .startAt(Start.EARLIEST)
          .transactions()
          .doOnNext(PrintTransactions::print)
          .blockLast();
    }
  }

  private static void print(Transaction<Row> tx) {
    System.out.println("transaction " + tx.id() + " of " + tx.committedAt());
    for (Change<Row> change : tx.changes()) {
      System.out.println("  " + text(change));
    }
  }

  private static String text(Change<Row> change) {
    if (change instanceof Change.Insert<Row> insert) {
      return "insert into " + change.table() + ": " + insert.row().toJson();
    } else if (change instanceof Change.Update<Row> update) {
      return "update " + change.table() + ": " + update.row().toJson();
    } else if (change instanceof Change.KeyChange<Row> moved) {
      return "update " + change.table() + ", was " + moved.oldKey().toJson() + ": " + moved.row().toJson();
    } else if (change instanceof Change.Delete<Row> delete) {
      return "delete from " + change.table() + ": " + delete.key().toJson();
    }
    return "truncate " + change.table();
  }
}
