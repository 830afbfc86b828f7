package dev.creek.consumer.stream;

import dev.creek.consumer.api.TableState;
import org.jspecify.annotations.Nullable;

/** The reaction of a pipeline to an error. */
public sealed interface Verdict {
  /** The reason, for users. */
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
   * Try again, without limit, with growing pauses.
   *
   * @param hint the remedy, if somebody has to act first; null if the cause passes by itself
   */
  record Retry(String reason, String category, @Nullable String hint) implements Verdict {
    Retry(String reason, String category) {
      this(reason, category, null);
    }
  }

  /**
   * The referenced row of a foreign key has not arrived yet, or the change that frees a unique
   * value: try again for a while, then stop the table.
   */
  record Await(String reason, String hint) implements Verdict {}

  /**
   * Somebody must act: stop this table, show reason and hint. It is tried again now and then,
   * because this loses nothing.
   */
  record Stop(String reason, String hint) implements Verdict {}

  /** Changes are gone: only a clean snapshot fills the gap. */
  record Gap(String reason) implements Verdict {}

  /** Another instance has claimed the table: nothing can be written any more. */
  record LetGo(String reason) implements Verdict {}
}
