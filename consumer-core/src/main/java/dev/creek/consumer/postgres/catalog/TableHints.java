package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.KeyStatement;
import dev.creek.consumer.text.Remedy;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Hints for a table that cannot be written: first the statements to run, then alternatives.
 * Immutable.
 */
public final class TableHints implements SqlHints {
  private final Mapping mapping;
  private final @Nullable SnapshotMode snapshot;
  private final TableRemedies remedies;

  private TableHints(TableRemedies remedies) {
    this.mapping = remedies.mapping();
    this.snapshot = remedies.snapshot();
    this.remedies = remedies;
  }

  /**
   * For changes.
   *
   * @param controlSchema the schema of the functions
   */
  public TableHints(Mapping mapping, String controlSchema) {
    this(new TableRemedies(mapping, controlSchema, null, List.of()));
  }

  /** The same for a snapshot. */
  public TableHints of(SnapshotMode mode) {
    return new TableHints(new TableRemedies(mapping, remedies.controlSchema(), mode, List.of()));
  }

  /** The same for a snapshot that brings only some columns. */
  public TableHints filling(List<String> columns) {
    return new TableHints(
        new TableRemedies(mapping, remedies.controlSchema(), SnapshotMode.UPSERT, columns));
  }

  public Mapping mapping() {
    return mapping;
  }

  /**
   * The function in which an error was raised.
   *
   * @param function with its schema and arguments
   * @param namespace its schema
   * @param trigger that called it; null if it was something else
   * @param table of the trigger
   */
  public record Raised(
      String function, String namespace, @Nullable String trigger, @Nullable String table) {

    /** A phrase to put after the message. */
    public String where() {
      return trigger == null
          ? ", raised in the target's function " + function
          : ", raised in the target's function " + function + ", by trigger " + trigger;
    }
  }

  @Override
  public String forState(String sqlState) {
    return remedies.again(byState(sqlState));
  }

  private String byState(String sqlState) {
    String name = name();
    return switch (sqlState) {
      case "42P01", "3F000" -> remedies.missingRows();
      case "42501" ->
          ("GRANT USAGE ON SCHEMA %s TO ...; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s"
                  + " TO ...; (the role that the database URI names, and the owners of triggers need"
                  + " their own). Where row level security would hide rows: ALTER ROLE ... BYPASSRLS;")
              .formatted(SqlNames.quoted(mapping.target().namespace()), name);
      case "21000" ->
          "the target's key takes several rows of the source for one: give "
              + name
              + " the source's key.";
      case "23503" -> foreignKey("ALTER TABLE ... DROP CONSTRAINT ...;");
      case "23502", "23514", "23P01", "54000" ->
          "something of "
              + name
              + " refuses rows that the source has: drop it, or "
              + remedies.otherwise();
      case "23505" -> unique("ALTER TABLE ... DROP CONSTRAINT ...;", false);
      case "42703", "42804", "42P10", "42883", "428C9", "42704" ->
          name + " was changed: the next attempt reads its columns again";
      case "22P05", "22021" -> remedies.encoding();
      case "P0001", "P0002", "P0003", "P0004" ->
          "a trigger of "
              + name
              + " raised the error: fix its function, or "
              + remedies.otherwise();
      case "XX001", "XX002" ->
          "REINDEX TABLE %s; The server's log says what is damaged.".formatted(name);
      default ->
          "look up SQLSTATE %s in PostgreSQL's appendix A, and the statement in the server's log. The table continues by itself once the cause is gone; or %s"
              .formatted(sqlState, remedies.otherwise());
    };
  }

  private String name() {
    return SqlNames.quoted(mapping.target().namespace(), mapping.target().table());
  }

  /** A hint, and the next step after it: changes are tried again automatically. */
  public String again(String hint) {
    return remedies.again(hint);
  }

  /**
   * A lock that was not granted in time.
   *
   * @param pid of a session that has one
   */
  public String locked(int pid) {
    return "select pg_terminate_backend(%d); ends the session, which loses its uncommitted changes. The table continues by itself once the lock is free."
        .formatted(pid);
  }

  /** Tells whether a table is created to load rows into. */
  public boolean createsTables() {
    return snapshot == SnapshotMode.CLEAN;
  }

  public ShapeMismatchException missing() {
    return new ShapeMismatchException(
        "target table " + mapping.target() + " does not exist", remedies.missingRows());
  }

  /** An object on the target refuses rows that the source has. */
  public String dropped(String fix) {
    return fix + " Or " + remedies.otherwise();
  }

  public String foreignKey(String fix) {
    return snapshot == null
        ? fix
            + " Or wait: the table is tried again, and continues once the other row is there. Tables of one "
            + "group (--grouping, set-group) are applied together and need not wait for each other."
        : fix
            + " Tables are filled independently of each other, so foreign keys between them must go,"
            + " or the snapshot must wait until the other table has its rows.";
  }

  /** A row with the source's own key exists. */
  public String sourcesKey() {
    return remedies.resync()
        + " The constraint is the source's key and must stay: another program has written the row.";
  }

  /**
   * A unique value that another row has.
   *
   * @param fix drops the constraint
   */
  public String unique(String fix, boolean primary) {
    if (snapshot != null) {
      return fix
          + " The source has several such rows; or, if it has the constraint too, rows cannot make"
          + " room for each other: while foreign keys act on their deletion, or (mode upsert) where"
          + " the index has expressions or a condition. Then create it again once the snapshot is in.";
    }
    return primary
        ? remedies.resync()
            + " Rows are found by another key of the source's; only where the source has no such"
            + " primary key: "
            + fix
        : fix
            + " Do that only if the source does not have the constraint. If it has it: "
            + remedies.resync();
  }

  /**
   * Rows were suppressed or changed.
   *
   * @param fix prevents triggers and rules from that
   */
  public String decided(String fix) {
    return remedies.again(
        fix + " They suppress or change rows: enable them again, or create them again, later.");
  }

  public String partition(String fix) {
    return fix + " Or, instead of the default, create a partition for the source's rows.";
  }

  /**
   * The target itself is a partition, and the row belongs to another one.
   *
   * @param parent the partitioned table
   */
  public String bound(String parent) {
    return "ALTER TABLE %s DETACH PARTITION %s; Or name the partitioned table as the target."
        .formatted(parent, name());
  }

  public String published(String fix) {
    return fix + " A publication on the target requires it.";
  }

  public String ruled(String fix) {
    return fix
        + " Rules rewrite the service's statements, and PostgreSQL cannot do that for all of them.";
  }

  public String expression(String fix) {
    return fix
        + " The values fit their columns; an expression that the table computes from them fails. Or "
        + remedies.otherwise();
  }

  /**
   * The hint for a missing privilege, or for rows that policies hide.
   *
   * @param role ours, quoted
   * @param fix grants what is missing; empty if nothing is
   * @param secured whether policies hide rows
   */
  public String granted(String role, String fix, boolean secured) {
    if (secured) {
      return (fix + " " + CatalogTable.visible(name(), role)).strip();
    }
    return fix.isEmpty()
        ? "creek-consumer init --print-sql --role %s prints the grants on the control schema"
            .formatted(role)
        : fix;
  }

  /**
   * A value that its column cannot hold.
   *
   * @param retype gives the column the source's type; null if the source does not have it
   * @param labels the enum of the column; null if there is none
   */
  public String value(String sqlState, @Nullable String retype, @Nullable String labels) {
    String other = retype == null ? remedies.otherwise() : retype;
    if (labels != null && sqlState.equals("22P02")) {
      return "ALTER TYPE %s ADD VALUE '...'; with the source's label that is missing here (on the source: select enum_range(null::...)). Or %s"
          .formatted(labels, other);
    }
    if (sqlState.equals("22P05") || sqlState.equals("22021")) {
      // For json with escapes, only jsonb can be used.
      boolean json = retype != null && retype.contains(" TYPE json");
      return json
          ? retype + " Or, if it is no escape that jsonb refuses: " + remedies.encoding()
          : remedies.encoding();
    }
    return snapshot == SnapshotMode.CLEAN
        ? other
        : other + " -- Or, to make the table anew: " + remedies.resync();
  }

  /**
   * A snapshot that cannot be upserted: rows cannot be distinguished.
   *
   * @param key the source's, as far as the snapshot shows it
   */
  public ShapeMismatchException withoutKey(CatalogTable target, List<String> key) {
    String deferrable =
        target.shape().deferrableKeys().stream()
            .map(own -> "; its key " + SqlNames.quoted(own.name()) + " is DEFERRABLE")
            .collect(Collectors.joining());
    return new ShapeMismatchException(
        "rows of "
            + mapping.target()
            + " cannot be upserted: the table has no primary key, and no unique key that is the "
            + "source's"
            + deferrable,
        (key.isEmpty() ? "" : KeyStatement.sql(target.shape(), key) + " Or ")
            + "take a clean snapshot (mode clean), which replaces all rows: "
            + Remedy.command("snapshot --mode clean", mapping)
            + " (a program: snapshots().take(mapping, SnapshotMode.CLEAN))");
  }

  /**
   * Columns that the source does not have any more.
   *
   * @param drop the statements that drop them
   */
  public String keepColumns(String drop) {
    return remedies.setSchemaChanges(SchemaPolicy.ADD)
        + " -- to keep what is gone from the source; or, to drop it:\n"
        + drop;
  }

  /** A function of the target fails, a trigger's mostly. */
  public String raised(Raised raised, String sqlState) {
    String path =
        " SET search_path TO "
            + raised.namespace()
            + ", "
            + SqlNames.quoted(mapping.target().namespace())
            + ", pg_temp;";
    String disable =
        raised.trigger() == null
            ? "fix the function"
            : "ALTER TABLE %s DISABLE TRIGGER %s;".formatted(raised.table(), raised.trigger());
    return switch (sqlState) {
      case "42P01", "42883", "42704", "3F000" ->
          "ALTER FUNCTION %s%s The service's sessions have search_path = pg_catalog, so the function must set its own. Or, if the object that it names is missing: %s"
              .formatted(raised.function(), path, disable);
      case "42501" ->
          "ALTER FUNCTION %s SECURITY DEFINER%s It then has its owner's rights and not those of the service's role. Or %s"
              .formatted(raised.function(), path, disable);
      default -> disable + " Or fix the function; or " + remedies.otherwise();
    };
  }
}
