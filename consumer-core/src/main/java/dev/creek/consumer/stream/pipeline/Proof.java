package dev.creek.consumer.stream.pipeline;

/** The event that proves that a table works again, so that it is shown as streaming. */
enum Proof {
  /** Reading: the cause was not in the table. */
  READING,

  /** The first commit: a change was refused, and comes again. */
  COMMIT
}
