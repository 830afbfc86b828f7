package dev.creek.consumer.row;

/** What is done with columns that the target lacks, or whose types differ. */
public enum Misfits {
  /** No plan is made. */
  STOP,
  /**
   * Columns that the target lacks are left out, and values of other types are checked one by one.
   */
  IGNORE
}
