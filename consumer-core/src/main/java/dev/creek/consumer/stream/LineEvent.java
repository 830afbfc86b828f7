package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;

/** Something that happened to a table's line. */
public sealed interface LineEvent {
  /** Whose line. */
  Mapping mapping();

  /** It entered a state. */
  record StateChanged(Mapping mapping, TableState state) implements LineEvent {}

  /** A target transaction was committed. */
  record Committed(Mapping mapping, Applied applied) implements LineEvent {}
}
