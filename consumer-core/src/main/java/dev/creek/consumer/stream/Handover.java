package dev.creek.consumer.stream;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * From a snapshot back to the WAL: where a table's line goes on.
 *
 * @param resume a stream sequence that lies before the snapshot, so that nothing is missed, with
 *     the snapshot's LSN and time
 * @param aheadUntil source time up to which the target may hold what follows {@code resume}: what
 *     was committed until then, or about then, is applied once more
 * @param horizon which of that a snapshot that replaces all rows holds; null where nothing tells
 * @param marks why the table may differ from the source although it holds the whole snapshot
 */
public record Handover(
    Position resume, Instant aheadUntil, @Nullable Horizon horizon, List<Incompleteness> marks) {

  public Handover {
    marks = List.copyOf(marks);
  }

  /** One behind which the table holds what the source holds. */
  public Handover(Position resume, Instant aheadUntil, @Nullable Horizon horizon) {
    this(resume, aheadUntil, horizon, List.of());
  }

  /** Where nothing tells what the snapshot holds. */
  public Handover(Position resume, Instant aheadUntil) {
    this(resume, aheadUntil, null, List.of());
  }

  /** The same with one more reason to doubt that. */
  public Handover with(Incompleteness mark) {
    return new Handover(
        resume, aheadUntil, horizon, Stream.concat(marks.stream(), Stream.of(mark)).toList());
  }
}
