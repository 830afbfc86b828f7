package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;

/** Who can bring what happened at a source to a target. */
interface Contender {

  /** As it is called in options and reports. */
  String name();

  /** Whether it can apply this. */
  boolean takes(Input input);

  /**
   * Applies a backlog and returns when the last row is visible.
   *
   * @param target has the dataset's tables and base rows, and nothing else
   */
  Measured apply(Input input, PostgresDatabase target);
}
