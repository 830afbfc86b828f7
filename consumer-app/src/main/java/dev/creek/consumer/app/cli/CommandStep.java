package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SnapshotProgress;

/** Progress of a command; {@link Done} comes last. */
public sealed interface CommandStep {

  /**
   * A remark meanwhile.
   *
   * @param text the reason for waiting
   */
  record Remark(String text) implements CommandStep {}

  /** The progress of its snapshot. */
  record Snapshot(SnapshotProgress progress) implements CommandStep {}

  /**
   * It was carried out.
   *
   * @param detail description of what was done
   */
  record Done(String detail) implements CommandStep {}
}
