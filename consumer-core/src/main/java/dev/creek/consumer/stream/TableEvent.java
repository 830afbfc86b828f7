package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;

/** Something that happened to a table's line. */
public sealed interface TableEvent {
  /** Whose line. */
  Mapping mapping();

  /** It entered a state. */
  record StateChanged(Mapping mapping, TableState state) implements TableEvent {}

  /** A target transaction was committed. */
  record Committed(Mapping mapping, Applied applied) implements TableEvent {}
}
