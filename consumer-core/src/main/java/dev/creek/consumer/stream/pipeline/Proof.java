package dev.creek.consumer.stream.pipeline;

/** What proves that a table goes on, so that it is said to be streaming. */
enum Proof {
  /** That it is read: whatever was in the way was not the table's. */
  READING,

  /** The first commit: a change was refused, and comes again. */
  COMMIT
}
