package dev.creek.consumer.app.bench;

import java.util.List;
import java.util.stream.IntStream;

/** The data of the scenarios, at a scale. */
final class Datasets {
  private static final String NARROW = "id int primary key, v int, name text, ts timestamptz";

  /** Values of {@link #NARROW} but the key, of row {@code i}: the name has 40 characters. */
  private static final String NARROW_VALUES =
      "i * 7, md5(i::text) || 'abcdefgh', timestamptz '2024-01-01 00:00:00Z' + i * interval '1.000003 s'";

  private static final int EIGHT = 8;

  /** Without a common divisor with any number of rows here: its multiples visit each row once. */
  private static final int STRIDE = 7919;

  private final double scale;

  Datasets(double scale) {
    this.scale = scale;
  }

  private int scaled(int full) {
    return (int) Math.max(1, Math.round(full * scale));
  }

  Dataset oneRow() {
    int transactions = scaled(200_000);
    return narrow(
        "one_row",
        "one-row transactions",
        loop("i", transactions, "insert into events values (i, " + NARROW_VALUES + "); commit;"),
        transactions);
  }

  Dataset thousandRows() {
    int transactions = scaled(500);
    return narrow(
        "thousand_rows",
        "transactions of 1000 rows",
        batches(transactions, 1000, NARROW_VALUES),
        transactions * 1000L);
  }

  Dataset million() {
    int rows = scaled(1_000_000);
    return narrow(
        "million",
        "one transaction of a million rows",
        "insert into events select i, %s from generate_series(1, %d) as i"
            .formatted(NARROW_VALUES, rows),
        rows);
  }

  private static Dataset narrow(String name, String title, String load, long changes) {
    return new Dataset(name, title, List.of("events"), NARROW, List.of(), List.of(load), changes);
  }

  /** Ten changes each: half of them updates, three inserts, two deletes, of five rows a piece. */
  Dataset mixed() {
    int transactions = scaled(20_000);
    int doomed = 2 * transactions;
    int updated = 3 * transactions;
    String change =
        """
        update events set v = v + 1, name = md5(t::text) where id = %1$d + (t * 5) * %3$d %% %2$d;
        insert into events select i, %4$s from (values (%5$d + t * 3)) as x (i);
        update events set v = v + 1, ts = now() where id = %1$d + (t * 5 + 1) * %3$d %% %2$d;
        delete from events where id = 1 + (t * 2) * %3$d %% %1$d;
        update events set v = v + 1, name = md5(t::text) where id = %1$d + (t * 5 + 2) * %3$d %% %2$d;
        insert into events select i, %4$s from (values (%5$d + t * 3 + 1)) as x (i);
        update events set v = v + 1, ts = now() where id = %1$d + (t * 5 + 3) * %3$d %% %2$d;
        delete from events where id = 1 + (t * 2 + 1) * %3$d %% %1$d;
        update events set v = v + 1, name = md5(t::text) where id = %1$d + (t * 5 + 4) * %3$d %% %2$d;
        insert into events select i, %4$s from (values (%5$d + t * 3 + 2)) as x (i);
        commit;"""
            .formatted(doomed, updated, STRIDE, NARROW_VALUES, doomed + updated + 1);
    return new Dataset(
        "mixed",
        "mixed transactions of 10 changes",
        List.of("events"),
        NARROW,
        List.of(
            "insert into events select i, %s from generate_series(1, %d) as i"
                .formatted(NARROW_VALUES, doomed + updated)),
        List.of(loop("t", transactions, change)),
        transactions * 10L);
  }

  Dataset eight() {
    int transactions = scaled(200_000) / EIGHT * EIGHT;
    List<String> tables = IntStream.range(0, EIGHT).mapToObj(t -> "events" + t).toList();
    String each =
        String.join(
            "",
            tables.stream()
                .map(t -> "insert into %s values (i, %s); commit;".formatted(t, NARROW_VALUES))
                .toList());
    return new Dataset(
        "eight",
        "eight tables at once",
        tables,
        NARROW,
        List.of(),
        List.of(loop("i", transactions / EIGHT, each)),
        transactions);
  }

  Dataset wide() {
    int transactions = scaled(200);
    return new Dataset(
        "wide",
        "a table of 30 columns",
        List.of("events"),
        WideRow.COLUMNS,
        List.of(),
        List.of(batches(transactions, 500, WideRow.VALUES)),
        transactions * 500L);
  }

  /** For a snapshot: how they came there does not matter. */
  Dataset narrowRows(String name) {
    int rows = scaled(1_000_000);
    return narrow(
        name,
        "a snapshot of a million narrow rows",
        "insert into events select i, %s from generate_series(1, %d) as i"
            .formatted(NARROW_VALUES, rows),
        rows);
  }

  /** The same of thirty columns. */
  Dataset wideRows(String name) {
    int rows = scaled(100_000);
    return new Dataset(
        name,
        "a snapshot of a hundred thousand wide rows",
        List.of("events"),
        WideRow.COLUMNS,
        List.of(),
        List.of(
            "insert into events select i, %s from generate_series(1, %d) as i"
                .formatted(WideRow.VALUES, rows)),
        rows);
  }

  /** Next to nothing: what is left is the start. */
  Dataset few() {
    return narrow(
        "few",
        "from the start of the process",
        loop("i", 10, "insert into events values (i, " + NARROW_VALUES + "); commit;"),
        10);
  }

  private static String batches(int transactions, int rows, String values) {
    return loop(
        "t",
        transactions,
        "insert into events select i, %2$s from generate_series((t - 1) * %1$d + 1, t * %1$d) as i; commit;"
            .formatted(rows, values));
  }

  private static String loop(String variable, int times, String body) {
    return "do $$ begin for %s in 1..%d loop %s end loop; end $$".formatted(variable, times, body);
  }
}
