package dev.creek.consumer.testing.workload;

import dev.creek.consumer.testing.PostgresDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A trigger's log of the versions that tables have taken, on either side of a workload: how often
 * each change took effect. Rows that an applier leaves out because a later change of the same row
 * follows at once do not show, so the target's log is a part of the source's.
 */
public final class EffectLog {
  private static final int SHOWN = 10;

  private final PostgresDatabase database;

  private EffectLog(PostgresDatabase database) {
    this.database = database;
  }

  /** Begins to log; the tables must have a column {@code version}. */
  public static EffectLog install(PostgresDatabase database, List<String> tables) {
    List<String> ddl = new ArrayList<>();
    ddl.add("create schema effects");
    ddl.add("create table effects.log (relation text, version bigint)");
    ddl.add(
        """
        create function effects.note() returns trigger language plpgsql as $$
        begin
          insert into effects.log values (tg_argv[0], new.version);
          return new;
        end $$""");
    for (String table : tables) {
      ddl.add(
          "create trigger effects after insert or update on %s for each row execute function effects.note('%s')"
              .formatted(table, table.replace("'", "''")));
    }
    database.execute(ddl.toArray(String[]::new));
    return new EffectLog(database);
  }

  /** Forgets what it has logged. */
  public void clear() {
    database.execute("truncate effects.log");
  }

  /** Changes that took effect more than once, the first ones. */
  public List<String> repeated(List<String> tables) {
    return list(
        """
        select relation || ' ' || version || ': ' || count(*) from effects.log
        where relation in (%s) group by relation, version having count(*) > 1"""
            .formatted(literals(tables)));
  }

  /** How many effects there were. */
  public long count(List<String> tables) {
    return Long.parseLong(
        database.value(
            "select count(*) from effects.log where relation in (" + literals(tables) + ")"));
  }

  /** The order-independent sum of all effects, to hold two logs against each other. */
  public String sum(List<String> tables) {
    return database.value(
        """
        select count(*) || ' effects, sum of versions ' || coalesce(sum(version), 0)
        from effects.log where relation in (%s)"""
            .formatted(literals(tables)));
  }

  /** Rows that are there and took no effect, the first ones: they came another way. */
  public List<String> unexplained(List<String> tables) {
    List<String> rows = new ArrayList<>();
    for (String table : tables) {
      rows.addAll(
          list(
              "select '%1$s ' || version from (select version from %2$s except select version from effects.log where relation = '%1$s') as rows"
                  .formatted(table.replace("'", "''"), table)));
    }
    return rows;
  }

  private List<String> list(String sql) {
    return database.query(sql + " limit " + SHOWN).stream().map(row -> row.get(0)).toList();
  }

  private static String literals(List<String> tables) {
    return tables.stream()
        .map(table -> "'" + table.replace("'", "''") + "'")
        .collect(Collectors.joining(", "));
  }
}
