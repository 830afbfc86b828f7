package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;

/**
 * What the stream of some tables consists of: changes, and the marks between them, each at its
 * exact place. Immutable.
 *
 * @param <T> the type of full rows
 */
public sealed interface Element<T> permits Change, Mark {
  /** The table that it concerns. */
  SourceTable table();
}
