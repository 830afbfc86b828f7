package dev.creek.consumer.api;

import dev.creek.consumer.control.CommandText;
import java.util.Locale;

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

  /** Subscribe, or subscribe again from where it stopped. */
  record AddTable(Mapping mapping) implements OfMapping {
    @Override
    public Verb verb() {
      return Verb.ADD_TABLE;
    }
  }

  /** Subscribe a table that has no position yet. */
  record AddTableFrom(Mapping mapping, StartFrom from) implements OfMapping {
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

  /** Create if missing, subscribe, and take a clean snapshot. */
  record Resync(Mapping mapping) implements OfMapping {
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
    SKIP_CHANGE("SKIP");

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
