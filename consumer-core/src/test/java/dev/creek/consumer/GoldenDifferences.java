package dev.creek.consumer;

import dev.creek.consumer.api.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The only ways in which a target may differ from its source: each is a statement that turns the
 * source's rows into those that the wire carries. Anything else is the consumer's fault.
 */
final class GoldenDifferences {
  /** Where the difference comes from. */
  enum Reason {
    /** The producer could not encode the row, and says so in {@code producer_drops.log}. */
    DROPPED,
    /** The producer writes values in another way: arrays flat, JSON as Go prints it. */
    REWRITTEN,
    /** PostgreSQL's logical replication does not tell it: DDL, and what DDL did to rows. */
    NO_EVENT,
    /** The table had been removed from the publication. */
    UNPUBLISHED,
    /** NEW: the broker took it for a duplicate, as its {@code Nats-Msg-Id} was another's. */
    DEDUPLICATED,
    /** NEW: behind a message over {@code max_payload}, at which the producer hung for ever. */
    WEDGED,
    /** The snapshot was taken before the table's last changes. */
    EARLIER
  }

  /**
   * @param table the table's name alone
   * @param rows how many rows the statement affects
   */
  record Difference(Reason reason, String table, int rows, String sql) {}

  private static final List<String> ARRAYS =
      List.of(
          "bool",
          "varchar",
          "bpchar",
          "date",
          "float4",
          "float8",
          "int2",
          "int4",
          "int8",
          "text",
          "time",
          "timestamp",
          "timestamptz",
          "uuid",
          "num_ps");

  /** Row 1 of {@code j} and, with another {@code u}, of {@code jb}. */
  private static final String JSON_BY_GO =
      """
      {"a":[1,2,{"z":null}],"b":1,"big":12345678901234567000,"e":1e+30,"f":1.1,\
      "h":"\\u003c\\u0026\\u003e","s":1e-9,"u":"%s"}""";

  private static final String JSON_ROW_1 = "update %s set v = '" + JSON_BY_GO + "' where id = 1";

  private final List<Difference> all = new ArrayList<>();

  private GoldenDifferences() {}

  static List<Difference> of(Generation generation) {
    var differences = new GoldenDifferences();
    differences.ofBoth();
    if (generation == Generation.NEW) {
      differences.ofNew();
    }
    return differences.all;
  }

  /** Of snapshots: those were taken of the source's last state. */
  static List<Difference> ofSnapshots(Generation generation) {
    var differences = new GoldenDifferences();
    differences.ofAllSnapshots();
    if (generation == Generation.NEW) {
      List.of("arr_int4", "arr_text", "arr_timestamptz").forEach(differences::emptyIsNull);
      differences.add(
          Reason.EARLIER, "order", 1, "update \"order\" set \"select\" = 2 where \"select\" = 32");
    }
    return differences.all;
  }

  private void ofAllSnapshots() {
    // Infinite dates and timestamps, in arrays too.
    add(Reason.DROPPED, "snap_small", 1, "delete from snap_small where id = 22");
    add(Reason.DROPPED, "snap_inf", 2, "delete from snap_inf where id in (1, 3)");
    add(Reason.DROPPED, "scalars", 2, "delete from scalars where id in (5, 6)");
    add(Reason.DROPPED, "arr_timestamptz", 1, "delete from arr_timestamptz where id = 6");
    add(Reason.DROPPED, "num_free", 2, "delete from num_free where id in (4, 5)");
    ofBothJson();
    add(Reason.DROPPED, "jb", 3, "delete from jb where id in (1, 4, 5)");
    for (var table : List.of("arr_int4", "arr_text", "arr_timestamptz")) {
      add(Reason.DROPPED, table, 1, "delete from " + table + " where id = 2"); // a NULL in it
      add(Reason.REWRITTEN, table, 1, flat(table, 4));
    }
    add(Reason.REWRITTEN, "arr_int4", 1, flat("arr_int4", 6)); // begins at index 0
  }

  /** Tables of the source that are not on the wire at all, and why. */
  static Map<String, String> tablesNeverOnTheWire(Generation generation) {
    String name = "the producer cannot encode the table's name";
    String column = "the producer cannot encode a column's name";
    String outside = "filled while it was outside the publication";
    var tables = new TreeMap<String, String>();
    for (var table : List.of("1digit", "dash-name", "dot.name", "star*gt>", "with space")) {
      tables.put("app." + table, name);
    }
    tables.put("app.ünïcode", name);
    tables.put("Mixed Schema.plain", name);
    for (var table : List.of("space", "dash", "uni", "digit", "quote")) {
      tables.put("app.col_" + table, column);
    }
    for (var table : List.of("10k", "big", "inf")) {
      tables.put("app.snap_" + table, outside);
    }
    tables.put("app.snap_empty", "never had a row");
    tables.put("app.part_other", "a partition: published as its root, then detached");
    if (generation == Generation.NEW) {
      tables.put("app.snap_small", "filled while the producer hung at a message over max_payload");
    }
    return tables;
  }

  private void ofBoth() {
    // Unconstrained, negative scale, scale beyond precision: without a decimal type in Avro.
    add(Reason.DROPPED, "num_free", 2, "delete from num_free where id in (4, 5)");
    add(Reason.DROPPED, "num_neg_scale", 1, "delete from num_neg_scale where id = 1");
    add(Reason.DROPPED, "num_small", 1, "delete from num_small where id = 1");
    add(Reason.DROPPED, "arr_numeric", 1, "delete from arr_numeric where id = 1");
    add(Reason.DROPPED, "arr_qchar", 1, "delete from arr_qchar where id = 1");
    ofBothJson();
    add(Reason.DROPPED, "jb", 2, "delete from jb where id in (4, 5)");
    // It became an array, which was dropped.
    add(Reason.DROPPED, "jb", 1, JSON_ROW_1.formatted("jb", "é😀"));
    add(Reason.DROPPED, "arr_json", 2, "delete from arr_json where id in (2, 6)");
    add(Reason.DROPPED, "arr_jsonb", 2, "delete from arr_jsonb where id in (2, 6)");
    for (var type : ARRAYS) {
      String table = "arr_" + type;
      // An array with a NULL in it, and one of two dimensions.
      add(Reason.DROPPED, table, 1, "delete from " + table + " where id = 2");
      add(Reason.REWRITTEN, table, 1, flat(table, 4));
    }
    add(Reason.REWRITTEN, "arr_int4", 1, flat("arr_int4", 6)); // begins at index 0
    // Updates that left a value out of line: the last one that carried it is what is there.
    add(Reason.DROPPED, "toasty", 1, "update toasty set small = 1, note = 'n1' where id = 1");
    add(Reason.DROPPED, "toasty", 1, "update toasty set id = 3 where id = 30");
    add(Reason.DROPPED, "toasty", 1, "update toasty set small = 1 where id = 8");
    add(Reason.DROPPED, "toasty_full", 1, "update toasty_full set small = 1 where id = 1");
    ofBothDdl();
    add(Reason.UNPUBLISHED, "late_public", 1, "delete from late_public where id = 2");
  }

  private void ofBothJson() {
    // Of JSON, only objects; null comes as NULL.
    add(Reason.DROPPED, "j", 4, "delete from j where id in (2, 3, 4, 5)");
    add(Reason.REWRITTEN, "j", 1, "update j set v = null where id = 6");
    add(Reason.REWRITTEN, "jb", 1, "update jb set v = null where id = 6");
    add(Reason.REWRITTEN, "j", 1, "update j set v = '{\"k\":2}' where id = 8");
    add(Reason.REWRITTEN, "j", 1, JSON_ROW_1.formatted("j", "é😀é"));
  }

  private void ofBothDdl() {
    // RENAME COLUMN c TO renamed: what was written before stays in c. DROP COLUMN b: it stays.
    add(
        Reason.NO_EVENT,
        "evolve",
        6,
        "update evolve set c = renamed, renamed = null where id <= 6");
    add(Reason.NO_EVENT, "evolve", 2, "update evolve set b = id where id <= 2");
    add(Reason.NO_EVENT, "part", 1, "insert into part values (3, 'zz', 'c')"); // DETACH
    add(Reason.NO_EVENT, "dropped_tbl", 1, "insert into dropped_tbl values (1, 'x')"); // DROP
    // RENAME TO: the row came under the old name.
    add(Reason.NO_EVENT, "rename_me", 1, "insert into rename_me values (1, 'before')");
    add(Reason.NO_EVENT, "renamed_tbl", 1, "delete from renamed_tbl where id = 1");
  }

  private void ofNew() {
    ARRAYS.forEach(type -> emptyIsNull("arr_" + type));
    List.of("json", "jsonb", "numeric", "qchar").forEach(type -> emptyIsNull("arr_" + type));
    add(
        Reason.REWRITTEN,
        "arr_varchar_n",
        1,
        "update arr_varchar_n set v = null, c = null where cardinality(v) = 0 and cardinality(c) = 0");
    // A keepalive had moved the LSN that ids are made of ahead of a transaction's first rows; its
    // later updates brought rows 1 to 50 back.
    add(Reason.DEDUPLICATED, "bulk", 2329, "delete from bulk where id between 101 and 2429");
    // COPY writes many rows in one WAL record: one LSN, one id.
    add(
        Reason.DEDUPLICATED,
        "copied",
        198,
        "delete from copied where id between 1001 and 1200 and id not in (1001, 1182)");
    // All but the first change of a transaction that committed behind two others.
    add(Reason.DEDUPLICATED, "inter", 2, "delete from inter where id in (3, 5)");
    add(Reason.DEDUPLICATED, "inter", 2, "update inter set n = 1 where id in (1, 2)");
    add(Reason.DEDUPLICATED, "inter2", 1, "delete from inter2 where id = 1");
    // TRUNCATE of two tables: one of two messages.
    add(Reason.DEDUPLICATED, "trunc_b", 2, "insert into trunc_b values (2, 2, 'b'), (3, 3, 'c')");
    add(Reason.WEDGED, "bigmsg", 2, "delete from bigmsg where id in (3, 4)");
    add(Reason.WEDGED, "pk_text", 1, "delete from pk_text where k = 'after-big'");
    add(Reason.WEDGED, "CamelCase", 1, "insert into \"CamelCase\" values (1, 'y')"); // its delete
    add(Reason.WEDGED, "order", 1, "insert into \"order\" values (2, 'u', 't')");
    add(Reason.WEDGED, "late_app", 1, "delete from late_app where id = 11");
  }

  private void emptyIsNull(String table) {
    add(Reason.REWRITTEN, table, 1, "update " + table + " set v = null where cardinality(v) = 0");
  }

  private static String flat(String table, int id) {
    return "update %s set v = array(select unnest(v)) where id = %d".formatted(table, id);
  }

  private void add(Reason reason, String table, int rows, String sql) {
    all.add(new Difference(reason, table, rows, sql));
  }
}
