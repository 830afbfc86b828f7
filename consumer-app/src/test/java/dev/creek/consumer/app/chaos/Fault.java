package dev.creek.consumer.app.chaos;

import java.util.Random;

/**
 * Something that goes wrong, and is over when {@link Strike#on} returns.
 *
 * @param name for the report
 * @param effect what it may leave behind
 */
record Fault(String name, Effect effect, Strike strike) {

  /** The more, the further down. */
  enum Effect {
    /** Nothing: each change takes effect once, all the same. */
    NONE,
    /** Changes are published again, and so applied again to rows with a key. */
    REPEATED,
    /** A snapshot, which may move a position back, and so lets changes be applied again. */
    SNAPSHOT,
    /** Changes are gone: the tables say so until a new snapshot heals them. */
    GAP
  }

  interface Strike {
    void on(Installation all, Random random) throws Exception;
  }

  @Override
  public String toString() {
    return name;
  }
}
