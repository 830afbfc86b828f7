package dev.creek.consumer.stream;

import dev.creek.consumer.api.TableState;
import org.jspecify.annotations.Nullable;

/** What a line does about an error. */
public sealed interface Verdict {
  /** For users. */
  String reason();

  /**
   * The state of a table whose changes cannot be applied because of this.
   *
   * @param table as the user named it
   */
  default TableState stopped(Object table) {
    if (this instanceof Stop stop) {
      return new TableState(TableState.Name.FAILED, stop.reason(), stop.hint());
    }
    if (this instanceof Await await) {
      return new TableState(TableState.Name.FAILED, await.reason(), await.hint());
    }
    return TableState.gap(reason(), table);
  }

  /**
   * Try again, for ever, with growing pauses.
   *
   * @param hint where somebody has to act first; null where the cause passes by itself
   */
  record Retry(String reason, String category, @Nullable String hint) implements Verdict {
    Retry(String reason, String category) {
      this(reason, category, null);
    }
  }

  /**
   * The other side of a foreign key has not arrived yet, or what frees a unique value: try again
   * for a while, then stop the table.
   */
  record Await(String reason, String hint) implements Verdict {}

  /**
   * Somebody must act: stop this table, show why and what to do. It is tried again now and then,
   * since nothing is lost by it.
   */
  record Stop(String reason, String hint) implements Verdict {}

  /** Changes are gone: only a clean snapshot heals it. */
  record Gap(String reason) implements Verdict {}

  /** Another instance has claimed the table: nothing can be written any more. */
  record LetGo(String reason) implements Verdict {}
}
