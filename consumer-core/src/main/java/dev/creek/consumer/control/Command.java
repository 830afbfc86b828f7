package dev.creek.consumer.control;

/**
 * What an operator asks of the service. Commands of one target are carried out one at a time, in
 * order.
 */
public sealed interface Command {

  /** Whose command it is. */
  TargetTable target();

  /** Make the target table from the source's schema, unless it is there and fits. */
  record CreateSchema(Mapping mapping) implements Command {
    @Override
    public TargetTable target() {
      return mapping.target();
    }
  }

  /** Subscribe, or subscribe again where it stopped. */
  record AddTable(Mapping mapping) implements Command {
    @Override
    public TargetTable target() {
      return mapping.target();
    }
  }

  /** End the subscription; rows and position stay. */
  record RemoveTable(TargetTable target) implements Command {}

  /** Request a new snapshot and apply it. */
  record TakeSnapshot(Mapping mapping, SnapshotMode mode) implements Command {
    @Override
    public TargetTable target() {
      return mapping.target();
    }
  }

  /** Apply a snapshot that is published already. */
  record ApplySnapshot(String subject, Mapping mapping, SnapshotMode mode) implements Command {
    @Override
    public TargetTable target() {
      return mapping.target();
    }
  }

  /** Create if missing, subscribe, and take a clean snapshot. */
  record Resync(Mapping mapping) implements Command {
    @Override
    public TargetTable target() {
      return mapping.target();
    }
  }

  /** Try a stuck table again now. */
  record ResumeTable(TargetTable target) implements Command {}

  /**
   * Go past one message that cannot be applied.
   *
   * @param sequence its stream sequence, as the table's reason tells it
   */
  record SkipChange(TargetTable target, long sequence) implements Command {}
}
