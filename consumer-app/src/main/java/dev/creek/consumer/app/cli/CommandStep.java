package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SnapshotProgress;

/** What is told of a command while it is carried out; {@link Done} comes last. */
public sealed interface CommandStep {

  /**
   * Something to know meanwhile.
   *
   * @param text what it waits for
   */
  record Remark(String text) implements CommandStep {}

  /** How far its snapshot is. */
  record Snapshot(SnapshotProgress progress) implements CommandStep {}

  /**
   * It was carried out.
   *
   * @param detail what was done
   */
  record Done(String detail) implements CommandStep {}
}
