package dev.creek.consumer.api;

import dev.creek.consumer.control.CommandText;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A command of an operator. Commands of one target are carried out one at a time, in order. */
public sealed interface Command {

  /** The kind of the command. */
  Verb verb();

  /** Its target. */
  TargetTable target();

  /** A command that speaks of a source as well. */
  sealed interface OfMapping extends Command {
    Mapping mapping();

    @Override
    default TargetTable target() {
      return mapping().target();
    }
  }

  /** Make the target table from the source's schema, unless it is there and fits. */
  record CreateSchema(Mapping mapping) implements OfMapping {
    @Override
    public Verb verb() {
      return Verb.CREATE_SCHEMA;
    }
  }

  /** A command that may name a group of tables. */
  sealed interface OfGroup extends Command {
    /** The named group of tables; null if it names none. */
    @Nullable String group();
  }

  /**
   * Subscribe, or subscribe again from where it stopped.
   *
   * @param group the named group of tables to put it in; null for none
   */
  record AddTable(Mapping mapping, @Nullable String group) implements OfMapping, OfGroup {
    /** The same in no named group. */
    public AddTable(Mapping mapping) {
      this(mapping, null);
    }

    @Override
    public Verb verb() {
      return Verb.ADD_TABLE;
    }
  }

  /**
   * Subscribe a table that has no position yet.
   *
   * @param group the named group of tables to put it in; null for none
   */
  record AddTableFrom(Mapping mapping, StartFrom from, @Nullable String group)
      implements OfMapping, OfGroup {
    /** The same in no named group. */
    public AddTableFrom(Mapping mapping, StartFrom from) {
      this(mapping, from, null);
    }

    @Override
    public Verb verb() {
      return Verb.ADD_TABLE_FROM;
    }
  }

  /** End the subscription; rows and position stay. */
  record RemoveTable(TargetTable target) implements Command {
    @Override
    public Verb verb() {
      return Verb.REMOVE_TABLE;
    }
  }

  /** Request a new snapshot and apply it. */
  record TakeSnapshot(Mapping mapping, SnapshotMode mode) implements OfMapping {
    @Override
    public Verb verb() {
      return Verb.SNAPSHOT;
    }
  }

  /** Apply a snapshot that is published already. */
  record ApplySnapshot(String subject, Mapping mapping, SnapshotMode mode) implements OfMapping {
    @Override
    public Verb verb() {
      return Verb.APPLY_SNAPSHOT;
    }
  }

  /**
   * Request a new snapshot, and bring only some columns of its rows.
   *
   * @param columns their names, as the catalog has them; at least one, none twice
   */
  record Fill(Mapping mapping, List<String> columns) implements OfMapping {
    /** Throws an {@link IllegalArgumentException}, as {@link #requireNames} does. */
    public Fill {
      columns = requireNames(columns);
    }

    /**
     * The names.
     *
     * @throws IllegalArgumentException with a message for the user, if there is none, one cannot be
     *     a column's name, or one is there twice
     */
    public static List<String> requireNames(List<String> columns) {
      return ColumnNames.require(columns);
    }

    @Override
    public Verb verb() {
      return Verb.FILL;
    }
  }

  /**
   * Create if missing, subscribe, and take a clean snapshot.
   *
   * @param group the named group of tables to put it in; null for none
   */
  record Resync(Mapping mapping, @Nullable String group) implements OfMapping, OfGroup {
    /** The same in no named group. */
    public Resync(Mapping mapping) {
      this(mapping, null);
    }

    @Override
    public Verb verb() {
      return Verb.RESYNC;
    }
  }

  /** Try a stuck table again now. */
  record ResumeTable(TargetTable target) implements Command {
    @Override
    public Verb verb() {
      return Verb.RESUME_TABLE;
    }
  }

  /**
   * Go past one message that cannot be applied.
   *
   * @param sequence its stream sequence, as the table's reason tells it
   */
  record SkipChange(TargetTable target, long sequence) implements Command {
    @Override
    public Verb verb() {
      return Verb.SKIP_CHANGE;
    }
  }

  /**
   * Put a subscribed table into another group of tables.
   *
   * @param group its name; null for none
   */
  record SetGroup(TargetTable target, @Nullable String group) implements OfGroup {
    @Override
    public Verb verb() {
      return Verb.SET_GROUP;
    }
  }

  /** Compare the target table with the source's newest schema; the detail is a script. */
  record SchemaDiff(Mapping mapping) implements OfMapping {
    @Override
    public Verb verb() {
      return Verb.SCHEMA_DIFF;
    }
  }

  /** Kinds of commands. */
  public enum Verb {
    CREATE_SCHEMA("CREATE"),
    ADD_TABLE("ADD"),
    ADD_TABLE_FROM("ADD_FROM"),
    REMOVE_TABLE("REMOVE"),
    SNAPSHOT("SNAP"),
    APPLY_SNAPSHOT("APPLY_SNAP"),
    RESYNC("RESYNC"),
    RESUME_TABLE("RESUME"),
    SKIP_CHANGE("SKIP"),
    SET_GROUP("SET_GROUP"),
    FILL("FILL"),
    SCHEMA_DIFF("SCHEMA_DIFF");

    private final String word;

    Verb(String word) {
      this.word = word;
    }

    /** The word in a {@link CommandText}. */
    public String word() {
      return word;
    }

    /** The SQL function's name, as stored. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
