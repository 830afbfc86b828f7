package dev.creek.consumer.api;

/** The tables that are applied together. */
public enum Grouping {
  /** Each table alone: a reader and target transactions of its own. */
  TABLE,

  /**
   * All tables of a source database: one reader, and one target transaction a source transaction.
   */
  DATABASE
}
