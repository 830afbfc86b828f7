import dev.creek.consumer.source.Change;
import dev.creek.consumer.source.CreekSource;
import dev.creek.consumer.source.Row;
import dev.creek.consumer.source.SourceFeed;
import dev.creek.consumer.testing.TableWire;

import java.time.Duration;

/** Uses the test kit with nothing but the library and its test-jar: no server, no test framework. */
public final class Kit {
  public static void main(String[] args) {
    try (SourceFeed feed = SourceFeed.of("shop")) {
      TableWire orders =
          feed.table("public", "orders")
              .column("id", "int4", TableWire.Flag.KEY)
              .column("amount", "numeric(10,2)");
      CreekSource creek = feed.open();
      feed.transaction(tx -> tx.insert(orders, 1, "1.50"));
      feed.transaction(tx -> tx.insert(orders, 2, "2.50"));
      Change<Row> first =
          creek.changes("shop.public.orders").changes().blockFirst(Duration.ofMinutes(1));
      System.out.println("got " + ((Change.Insert<Row>) first).row().toJson());
    }
  }
}
