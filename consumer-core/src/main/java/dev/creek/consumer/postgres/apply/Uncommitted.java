package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.PositionAdvance;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts what a table's writer has done since its last commit, which the next commit stores and
 * reports. Not thread-safe.
 */
final class Uncommitted {
  /** The target's position. */
  private long from;

  private Counts counts = Counts.NONE;

  /** Rows that changes did not touch, before the batch that was staged last. */
  private Discrepancies earlier = Discrepancies.NONE;

  /** The same of that batch, as it was written last. */
  private Discrepancies latest = Discrepancies.NONE;

  /** Nothing yet, from this position on. */
  Uncommitted(Position position) {
    this.from = position.sequence();
  }

  /** Another batch is staged; the one before is not written again. */
  void nextBatch() {
    earlier = earlier.plus(latest);
    latest = Discrepancies.NONE;
  }

  /** Changes of the present batch. */
  void add(Counts these) {
    counts = counts.plus(these);
  }

  /** Discrepancies of the present batch that do not depend on how it is written. */
  void add(Discrepancies these) {
    earlier = earlier.plus(these);
  }

  /** Those that depend on it; they replace those of an earlier attempt. */
  void written(Discrepancies these) {
    latest = these;
  }

  /** Tells whether no mark has to be set, apart from those of the present batch's writing. */
  boolean isUnmarked() {
    return earlier.equals(Discrepancies.NONE);
  }

  /** The marks to set before the position moves to a sequence. */
  List<Incompleteness> marks(long sequence) {
    return earlier.plus(latest).marks(sequence);
  }

  /** The move to a position. */
  PositionAdvance to(Position position, @Nullable AppliedMark evidence, @Nullable Instant ahead) {
    return new PositionAdvance(from, position, counts.total(), evidence, ahead);
  }

  /** Everything up to a position has been committed. */
  Applied committed(Position position) {
    Applied applied = counts.at(position, earlier.plus(latest).missed());
    counts = Counts.NONE;
    earlier = Discrepancies.NONE;
    latest = Discrepancies.NONE;
    from = position.sequence();
    return applied;
  }
}
