package dev.creek.consumer.testing.workload;

import static dev.creek.consumer.testing.workload.WorkloadTable.May.CHANGE_KEY;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.DELETE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.EVOLVE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.TRUNCATE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.UPDATE;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** The tables: every replica identity, every type, partitions, TOAST, names, foreign keys. */
final class WorkloadTables {
  private static final WorkloadTable.May[] EVERYTHING = WorkloadTable.May.values();

  private static final Values NUMBER = TypeValues.of("int4");
  private static final Values TEXT = TypeValues.text();
  private static final Values REGION = Values.oneOf("eu", "us", "asia", "it's \"else\"");

  /** Long enough to be stored out of line; now and then larger than a message may be. */
  private static final Values BIG = (random, id) -> letters(random, bigLength(random));

  private WorkloadTables() {}

  /** What tables need that are made of {@link #all}; for either side. */
  static List<String> before() {
    return List.of(
        "create schema app",
        "create type app.mood as enum ('calm', 'edgy', 'it''s \"ok\"')",
        "create type app.pair as (x int, y text)",
        "create domain app.posint as int check (value > 0)");
  }

  static List<WorkloadTable> all() {
    return List.of(
        table("accounts").key("id").marked("unique").column("note", "text", TEXT.orNull()).build(),
        table("deferred")
            .key("id")
            .marked("unique deferrable")
            .column("note", "text", TEXT)
            .build(),
        table("regions")
            .key("region", "id")
            .column(Column.required("region", "text", REGION))
            .column("amount", "numeric(12,3)", TypeValues.of("numeric(12,3)").orNull())
            .build(),
        strangeKeys(),
        keyTypes(),
        table("full_keyed")
            .key("id")
            .column("note", "text", TEXT.orNull())
            .column("at", "timestamptz", TypeValues.of("timestamptz").orNull())
            .and("alter table app.full_keyed replica identity full")
            .build(),
        table("full_keyless")
            .unversioned()
            .column("n", "int", Values.oneOf("1", "2").orNull())
            .column("note", "text", Values.oneOf("same", "").orNull())
            .and("alter table app.full_keyless replica identity full")
            .build(),
        table("by_index")
            .key("id")
            .marked("not null unique")
            .column("note", "text", TEXT.orNull())
            .and("alter table app.by_index replica identity using index by_index_mark_key")
            .build(),
        WorkloadTable.of("events")
            .column("note", "text", TEXT.orNull())
            .may(TRUNCATE, EVOLVE)
            .build(),
        WorkloadTable.of("nothing")
            .key("id", "version")
            .column("note", "text", TEXT.orNull())
            .and("alter table app.nothing replica identity nothing")
            .may(TRUNCATE)
            .build(),
        partitioned("parts").build(),
        partitioned("parts_full").and("alter table app.parts_full replica identity full").build(),
        WorkloadTable.of("parts_events")
            .column("region", "text", REGION)
            .suffix("partition by hash (id)")
            .and(
                "create table app.parts_events_0 partition of app.parts_events for values with (modulus 2, remainder 0)")
            .and(
                "create table app.parts_events_1 partition of app.parts_events for values with (modulus 2, remainder 1)")
            .may(TRUNCATE)
            .build(),
        types("types").key("id").build(),
        types("types_full")
            .unversioned()
            .and("alter table app.types_full replica identity full")
            .build(),
        arrays(),
        toasted("toasted").key("id").build(),
        toasted("toasted_full")
            .key("id")
            .and("alter table app.toasted_full replica identity full")
            .build(),
        table("derived")
            .key("id")
            .column("n", "int", Values.oneOf("1", "-7", "100").orNull())
            .column(Column.of("\"select\"", "text", TEXT))
            .and("alter table app.derived add doubled int generated always as (n * 2) stored")
            .and("alter table app.derived add serial int generated always as identity")
            .build(),
        table("\"Order\"").key("id").column("\"User\"", "text", TEXT.orNull()).build(),
        WorkloadTable.of("order_lines")
            .key("id", "line")
            .column(Column.fixed("line", "int", Values.oneOf("1", "2", "3")))
            .unversioned() // a cascade takes a version along
            .column("note", "text", TEXT)
            .childOf("\"Order\"")
            .may(UPDATE, DELETE, TRUNCATE, EVOLVE)
            .build());
  }

  private static WorkloadTable.Builder table(String name) {
    return WorkloadTable.of(name).may(EVERYTHING);
  }

  private static WorkloadTable strangeKeys() {
    return table("strange_keys")
        .key("at", "d", "n", "u")
        .column(
            Column.ofKey(
                "at",
                "timestamptz",
                Values.byId(
                    id ->
                        switch (id) {
                          case 0 -> "infinity";
                          case 1 -> "-infinity";
                          case 2 -> "4714-11-24 00:00:00+00 BC";
                          default -> LocalDateTime.of(1999, 12, 31, 23, 59).plusSeconds(id) + "+00";
                        })))
        .column(
            Column.ofKey(
                "d", "date", Values.byId(id -> id % 2 == 0 ? "infinity" : "0044-03-15 BC")))
        .column(Column.ofKey("n", "numeric(20,5)", Values.byId(id -> (id - 3) + ".50000")))
        .column(Column.ofKey("u", "uuid", Values.byId(id -> new UUID(id, -id).toString())))
        .column("note", "text", TEXT.orNull())
        .build();
  }

  private static WorkloadTable keyTypes() {
    return table("key_types")
        .key("t", "c", "mood")
        .column(Column.ofKey("t", "text", Values.byId(id -> id == 0 ? "" : "ü'\\\t{" + id % 7)))
        .column(Column.ofKey("c", "char(4)", Values.byId(Object::toString)))
        .column(Column.ofKey("mood", "app.mood", Values.byId(id -> id % 2 == 0 ? "calm" : "edgy")))
        .column("f", "float8", TypeValues.of("float8"))
        .build();
  }

  private static WorkloadTable.Builder partitioned(String name) {
    String table = "app." + name;
    return table(name)
        .key("id", "region")
        .column(Column.required("region", "text", REGION))
        .column("n", "int", NUMBER.orNull())
        .suffix("partition by list (region)")
        .and("create table %1$s_eu partition of %1$s for values in ('eu')".formatted(table))
        .and(
            "create table %1$s_far partition of %1$s for values in ('us', 'asia') partition by range (id)"
                .formatted(table))
        .and(
            "create table %1$s_low partition of %1$s_far for values from (minvalue) to (12)"
                .formatted(table))
        .and(
            "create table %1$s_high partition of %1$s_far for values from (12) to (maxvalue)"
                .formatted(table))
        .and("create table %1$s_else partition of %1$s default".formatted(table))
        .may(UPDATE, DELETE, TRUNCATE, CHANGE_KEY);
  }

  private static WorkloadTable.Builder types(String name) {
    WorkloadTable.Builder table = table(name);
    int[] number = {0};
    TypeValues.WITH_ARRAYS.forEach(
        (type, values) -> table.column("c" + ++number[0], type, values.orNull()));
    TypeValues.AS_TEXT.forEach(
        (type, values) -> table.column("c" + ++number[0], type, values.orNull()));
    return table;
  }

  private static WorkloadTable arrays() {
    WorkloadTable.Builder table = table("arrays");
    int[] number = {0};
    TypeValues.WITH_ARRAYS.forEach(
        (type, values) -> table.column("a" + ++number[0], type + "[]", values.array().orNull()));
    return table.key("id").build();
  }

  private static WorkloadTable.Builder toasted(String name) {
    return table(name)
        .column("big", "text", BIG.orNull())
        .column("small", "text", TEXT)
        .column("other", "text", BIG.orNull())
        .and(
            "alter table app.%1$s alter big set storage external, alter other set storage external"
                .formatted(name));
  }

  private static int bigLength(Random random) {
    return random.nextInt(12) == 0
        ? 60_000 + random.nextInt(90_000)
        : 3_000 + random.nextInt(5_000);
  }

  private static String letters(Random random, int length) {
    StringBuilder letters = new StringBuilder(length);
    String word = Long.toString(random.nextLong() & Long.MAX_VALUE, 36);
    while (letters.length() < length) {
      letters.append(word);
    }
    return letters.toString();
  }
}
