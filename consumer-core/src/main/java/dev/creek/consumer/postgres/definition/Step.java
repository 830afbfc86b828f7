package dev.creek.consumer.postgres.definition;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One part of a source's definition, and what it takes to have it on the target. */
sealed interface Step {
  /** The part, in words. */
  String what();

  /** The target has it. */
  record Exists(String what) implements Step {}

  /**
   * It cannot be copied, or is not to be.
   *
   * @param sql would do it; null for none
   */
  record LeftOut(String what, String reason, @Nullable String sql) implements Step {}

  /**
   * It is missing.
   *
   * @param remark said of it once it is there; null for none
   */
  record Create(String what, List<Work> works, @Nullable String remark) implements Step {
    Create(String what, Work... works) {
      this(what, List.of(works), null);
    }

    String sql() {
      return works.stream().map(Work::sql).collect(Collectors.joining(" "));
    }
  }

  /** Statements of a step. If one fails, those behind it are not run. */
  sealed interface Work {
    /** As one would run them in psql. */
    String sql();

    /** One transaction, which waits for locks for a moment only and is tried again. */
    record Locked(List<String> statements) implements Work {
      Locked(String... statements) {
        this(List.of(statements));
      }

      @Override
      public String sql() {
        return statements.stream().map(sql -> sql + ";").collect(Collectors.joining(" "));
      }
    }

    /**
     * Checks the rows that are there under a lock that lets others write. Rows that are on their
     * way are waited for.
     *
     * @param undo takes the constraint away if there are rows that break it
     */
    record Validate(String statement, String undo) implements Work {
      @Override
      public String sql() {
        return statement + ";";
      }
    }

    /**
     * An index that is built while others write.
     *
     * @param undo takes away what is left of it if it fails
     */
    record Concurrently(String statement, String undo) implements Work {
      @Override
      public String sql() {
        return statement + ";";
      }
    }
  }
}
