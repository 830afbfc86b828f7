package dev.creek.consumer.stream;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The place at which a table's pipeline continues after a snapshot.
 *
 * @param resume a stream sequence before the snapshot, so that nothing is missed, with the
 *     snapshot's LSN and time
 * @param aheadUntil source time up to which the target may already hold changes after {@code
 *     resume}: changes that were committed until about then are applied once more
 * @param horizon shows which of them a snapshot that replaces all rows holds; null if nothing shows
 *     it
 * @param marks why the table may differ from the source although it holds the whole snapshot
 */
public record Handover(
    Position resume, Instant aheadUntil, @Nullable Horizon horizon, List<Incompleteness> marks) {

  public Handover {
    marks = List.copyOf(marks);
  }

  /** A handover after which the table holds what the source holds. */
  public Handover(Position resume, Instant aheadUntil, @Nullable Horizon horizon) {
    this(resume, aheadUntil, horizon, List.of());
  }

  /** A handover for which nothing shows what the snapshot holds. */
  public Handover(Position resume, Instant aheadUntil) {
    this(resume, aheadUntil, null, List.of());
  }

  /** The same with one more mark. */
  public Handover with(Incompleteness mark) {
    return new Handover(
        resume, aheadUntil, horizon, Stream.concat(marks.stream(), Stream.of(mark)).toList());
  }
}
