package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.util.LinkedHashMap;
import java.util.Map;

/** What tables hold, boiled down by their server so that it can be kept and compared. */
final class Contents {
  private Contents() {}

  /** By table: the number of rows, and a sum over the hashes of all rows in any order. */
  static Map<String, String> of(PostgresDatabase database, Dataset dataset) {
    Map<String, String> contents = new LinkedHashMap<>();
    for (String table : dataset.tables()) {
      String sql =
          "select count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from %s as t";
      contents.put(table, String.valueOf(database.value(sql.formatted(table))));
    }
    return contents;
  }
}
