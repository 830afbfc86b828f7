package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;

import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;

/** The table that most tests of the writer use: a key and a text. */
final class Items {
  static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  private Items() {}

  static Line line(TargetDatabase database) {
    return line(database, "create table items (id int primary key, v text)");
  }

  /** The same with a table of the target's own making. */
  static Line line(TargetDatabase database, String ddl) {
    database.execute(ddl);
    return database.line(ITEMS);
  }
}
