package dev.creek.consumer.machine;

import java.util.List;
import java.util.stream.Collectors;

/** One thing that happens in a case. */
sealed interface Act {

  /** A transaction on the source; a statement that is refused there is left out. */
  record Transaction(List<Statement> statements) implements Act {
    @Override
    public String toString() {
      return statements.stream()
          .map(statement -> "#" + statement.number() + " " + statement.sql())
          .collect(Collectors.joining(";\n      ", "source: ", ""));
    }
  }

  /**
   * A statement of a transaction.
   *
   * @param number within the case, so that it can be left out
   */
  record Statement(int number, String sql) {}

  /** Statements on the source, each by itself. */
  record OnSource(int number, List<String> sql) implements Act {
    @Override
    public String toString() {
      return "#" + number + " source: " + String.join("; ", sql);
    }
  }

  /** Statements of others on the target, each by itself. */
  record OnTarget(int number, List<String> sql) implements Act {
    @Override
    public String toString() {
      return "#" + number + " target: " + String.join("; ", sql);
    }
  }

  /** Something about a table or about none. */
  record Deed(int number, What what, String table) implements Act {
    @Override
    public String toString() {
      return "#" + number + " " + what + (table.isEmpty() ? "" : " " + table);
    }
  }

  /** What can be done. */
  enum What {
    /** Asked for, not waited for. */
    CLEAN_SNAPSHOT,
    UPSERT_SNAPSHOT,
    /** The oldest snapshot that the broker holds is applied again. */
    OLDER_SNAPSHOT,
    /** Removed and added, one right behind the other: it goes on where it was. */
    REMOVE_AND_ADD,
    /** Commands that were given have ended. */
    COMMANDS_END,
    /** Everything is applied, or has stopped. */
    SETTLE,
    /** Somebody does what the hints of stopped tables say. */
    FOLLOW_HINTS,
    /** Each row at the target is given a value, and children, that the source knows nothing of. */
    TAG,
    STOP_SERVICE,
    CRASH_SERVICE,
    START_SERVICE,
    STOP_PRODUCER,
    KILL_PRODUCER,
    START_PRODUCER,
    PURGE_SUBJECT,
    DELETE_MESSAGE
  }
}
