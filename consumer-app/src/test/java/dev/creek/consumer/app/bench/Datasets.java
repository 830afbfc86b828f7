package dev.creek.consumer.app.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The data of the scenarios, at a scale. */
final class Datasets {
  private static final String NARROW = "id int primary key, v int, name text, ts timestamptz";

  /** Values of {@link #NARROW} but the key, of row {@code i}: the name has 40 characters. */
  private static final String NARROW_VALUES =
      "i * 7, md5(i::text) || 'abcdefgh', timestamptz '2024-01-01 00:00:00Z' + i * interval '1.000003 s'";

  private static final int EIGHT = 8;

  /** In a transaction that updates only. */
  private static final int UPDATES = 10;

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
    return new Dataset(
        name, title, Dataset.alike(List.of("events"), NARROW), List.of(), List.of(load), changes);
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
        Dataset.alike(List.of("events"), NARROW),
        List.of(
            "insert into events select i, %s from generate_series(1, %d) as i"
                .formatted(NARROW_VALUES, doomed + updated)),
        List.of(loop("t", transactions, change)),
        transactions * 10L);
  }

  /** Updates of rows that have a unique value besides their key, and keep it. */
  Dataset updates() {
    return updates("updates", "updates of rows with a unique value", "");
  }

  /**
   * The same; for each thousand updates, and at least once, two rows exchange their unique values.
   */
  Dataset exchange() {
    return updates(
        "exchange",
        "the same, where two rows in a thousand exchange it",
        """
        if t %% %1$d = 0 then
          update events set slot = -slot where id = t / %1$d * 2 - 1;
          update events set slot = id - 1 where id = t / %1$d * 2;
          update events set slot = id + 1 where id = t / %1$d * 2 - 1;
        end if;"""
            .formatted(Math.min(1000 / UPDATES, scaled(20_000))));
  }

  /** Ten updates each, of rows all over the table. */
  private Dataset updates(String name, String title, String more) {
    int transactions = scaled(20_000);
    int rows = scaled(100_000);
    String change =
        IntStream.range(0, UPDATES)
            .mapToObj(
                u ->
                    "update events set v = v + 1, ts = now() where id = 1 + (t * %d::bigint + %d) * %d %% %d;"
                        .formatted(UPDATES, u, STRIDE, rows))
            .collect(Collectors.joining());
    return new Dataset(
        name,
        title,
        Dataset.alike(List.of("events"), NARROW + ", slot int unique"),
        List.of(
            "insert into events select i, %s, i from generate_series(1, %d) as i"
                .formatted(NARROW_VALUES, rows)),
        List.of(loop("t", transactions, change + more + " commit;")),
        (long) transactions * UPDATES);
  }

  Dataset eight() {
    return interleaved("eight", "eight tables at once", EIGHT, scaled(200_000));
  }

  Dataset manyTables() {
    return interleaved("tables_500", "one-row transactions over 500 tables", 500, scaled(200_000));
  }

  /** The same number of changes, over so many tables. */
  Dataset over(int tables) {
    return interleaved(
        "scaling_" + tables,
        "the same backlog over %d %s".formatted(tables, tables == 1 ? "table" : "tables"),
        tables,
        scaled(100_000));
  }

  /** One-row transactions, in one table after another. */
  private static Dataset interleaved(String name, String title, int most, int transactions) {
    int tables = Math.min(most, transactions);
    int each = transactions / tables;
    List<String> names = numbered(tables);
    String one =
        names.stream()
            .map(t -> "insert into %s values (i, %s); commit;".formatted(t, NARROW_VALUES))
            .collect(Collectors.joining());
    return new Dataset(
        name,
        title,
        Dataset.alike(names, NARROW),
        List.of(),
        List.of(loop("i", each, one)),
        (long) each * tables);
  }

  private static List<String> numbered(int tables) {
    return IntStream.range(0, tables).mapToObj(t -> "events" + t).toList();
  }

  /** Transactions that insert a row in each of five tables. */
  Dataset fiveTables() {
    int transactions = scaled(20_000);
    List<String> names = numbered(5);
    String one =
        names.stream()
            .map(t -> "insert into %s values (i, %s);".formatted(t, NARROW_VALUES))
            .collect(Collectors.joining());
    return new Dataset(
        "tx_5",
        "transactions over five tables",
        Dataset.alike(names, NARROW),
        List.of(),
        List.of(loop("i", transactions, one + " commit;")),
        transactions * 5L);
  }

  /** The transactions of pgbench's own mix, at its scale 10, over four tables; one has no key. */
  Dataset tpcb() {
    int transactions = scaled(20_000);
    int accounts = 100_000;
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("accounts", "id int primary key, bid int, balance int, filler char(84)");
    columns.put("tellers", "id int primary key, bid int, balance int, filler char(84)");
    columns.put("branches", "id int primary key, balance int, filler char(88)");
    columns.put("history", "id int, tid int, bid int, aid int, delta int, at timestamptz");
    String fill = "insert into %s select i, 1 + i %% 10, 0, '' from generate_series(1, %d) as i";
    String change =
        """
        update accounts set balance = balance + t %% 5000 where id = 1 + t * %1$d %% %2$d;
        update tellers set balance = balance + t %% 5000 where id = 1 + t * %1$d %% 100;
        update branches set balance = balance + t %% 5000 where id = 1 + t * %1$d %% 10;
        insert into history values (t, 1 + t * %1$d %% 100, 1 + t * %1$d %% 10, 1 + t * %1$d %% %2$d,
          t %% 5000, timestamptz '2024-01-01 00:00:00Z' + t * interval '1 s');
        commit;"""
            .formatted(STRIDE, accounts);
    return new Dataset(
        "tpcb",
        "pgbench's TPC-B mix",
        columns,
        List.of(
            // It has no key; without an index each look at the target would read all of it.
            "create index on history (id)",
            fill.formatted("accounts", accounts),
            fill.formatted("tellers", 100),
            "insert into branches select i, 0, '' from generate_series(1, 10) as i"),
        List.of(loop("t", transactions, change)),
        transactions * 4L);
  }

  Dataset wide() {
    int transactions = scaled(200);
    return new Dataset(
        "wide",
        "a table of 30 columns",
        Dataset.alike(List.of("events"), WideRow.COLUMNS),
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
        Dataset.alike(List.of("events"), WideRow.COLUMNS),
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
