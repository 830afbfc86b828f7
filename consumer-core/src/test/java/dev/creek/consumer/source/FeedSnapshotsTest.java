package dev.creek.consumer.source;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;

import dev.creek.consumer.testing.TableWire;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The test kit's snapshots. */
class FeedSnapshotsTest extends SnapshotContract {
  private final SourceFeed feed = SourceFeed.of("shop");
  private final TableWire items = wire("items");
  private final TableWire others = wire("others");

  private TableWire wire(String table) {
    return feed.table("public", table).column("id", "int4", KEY).column("note", "text");
  }

  @BeforeEach
  void given() {
    for (int id = 1; id <= ROWS; id++) {
      feed.row(items, id, "n" + id);
    }
    TableWire moments =
        feed.table("public", "moments")
            .column("id", "int4", KEY)
            .column("at", "timestamptz")
            .column("days", "date[]");
    feed.row(moments, 1, "2026-01-01T00:00:00", List.of())
        .row(moments, 2, "infinity", List.of())
        .row(moments, 3, null, List.of("-infinity"));
    feed.transaction(tx -> tx.insert(others, 1, "x").delete(others, 1, "x"));
  }

  @AfterEach
  void close() {
    feed.close();
  }

  @Override
  CreekSource open(UnaryOperator<SourceOptions.Builder> settings) {
    return feed.open(settings);
  }

  @Override
  String name(String table) {
    return "shop.public." + table;
  }

  @Override
  void insert(String table, int id, String note) {
    feed.transaction(tx -> tx.insert(table.equals("items") ? items : others, id, note));
  }

  @Override
  void updateBoth(int id, String note) {
    feed.transaction(tx -> tx.update(items, id, note).insert(others, id, note));
  }
}
