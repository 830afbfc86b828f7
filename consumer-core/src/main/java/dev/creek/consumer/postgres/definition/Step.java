package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.api.SchemaDifference;
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
   * @param works would do it; empty if nothing is known that does
   */
  record LeftOut(String what, String reason, List<Work> works) implements Step {
    LeftOut(String what, String reason, Work... works) {
      this(what, reason, List.of(works));
    }
  }

  /** There is no table to copy from or to. */
  record Impossible(String what, String reason) implements Step {}

  /**
   * It is missing.
   *
   * @param lack what is the matter with it
   * @param remark said of it once it is there; null for none
   */
  record Create(String what, String lack, List<Work> works, @Nullable String remark)
      implements Step {
    Create(String what, List<Work> works, @Nullable String remark) {
      this(what, "is missing", works, remark);
    }

    Create(String what, Work... works) {
      this(what, List.of(works), null);
    }
  }

  /** As one would run them in psql; null for none. */
  static @Nullable String sql(List<Work> works) {
    return works.isEmpty()
        ? null
        : works.stream()
            .flatMap(work -> work.statements().stream())
            .map(statement -> statement + ";")
            .collect(Collectors.joining(" "));
  }

  /** Statements of a step. If one fails, those behind it are not run. */
  sealed interface Work {
    /** Without semicolons. */
    List<String> statements();

    /** What they keep others from. */
    SchemaDifference.Work lock();

    /** One transaction, which waits for locks for a moment only and is tried again. */
    record Locked(SchemaDifference.Work lock, List<String> statements) implements Work {
      /** Statements that lock the table for a moment, as most do. */
      Locked(String... statements) {
        this(SchemaDifference.Work.CATALOG, List.of(statements));
      }

      static Locked with(SchemaDifference.Work lock, String statement) {
        return new Locked(lock, List.of(statement));
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
      public List<String> statements() {
        return List.of(statement);
      }

      @Override
      public SchemaDifference.Work lock() {
        return SchemaDifference.Work.SCAN_BESIDE;
      }
    }

    /**
     * An index that is built while others write.
     *
     * @param undo takes away what is left of it if it fails
     */
    record Concurrently(String statement, String undo) implements Work {
      @Override
      public List<String> statements() {
        return List.of(statement);
      }

      @Override
      public SchemaDifference.Work lock() {
        return SchemaDifference.Work.INDEX_BESIDE;
      }
    }
  }
}
