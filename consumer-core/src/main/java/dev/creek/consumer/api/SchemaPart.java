package dev.creek.consumer.api;

/** Parts of a table's definition that no change carries, and that can be copied from the source. */
public enum SchemaPart {
  /** Foreign keys, unique and exclusion constraints, checks, and NOT NULL. */
  CONSTRAINTS,

  /** Indexes that are not those of constraints. */
  INDEXES,

  /** Defaults of columns, identity columns, and the sequences that both take from. */
  DEFAULTS,

  /** Comments on tables and columns. */
  COMMENTS
}
