package dev.creek.consumer.stream;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A snapshot to be applied.
 *
 * @param mapping source and target
 * @param mode what happens to existing rows
 * @param subject name of the snapshot; null to request a new one
 * @param force whether to apply it even if the broker no longer holds all changes since then: those
 *     that are missing are then missing in the target
 * @param columns the columns that it brings to rows that are there; empty for all
 */
public record SnapshotOrder(
    Mapping mapping,
    SnapshotMode mode,
    @Nullable String subject,
    boolean force,
    List<String> columns) {

  public SnapshotOrder {
    columns = List.copyOf(columns);
  }

  /** A new snapshot, which the producer is asked for. */
  public static SnapshotOrder toTake(Mapping mapping, SnapshotMode mode) {
    return new SnapshotOrder(mapping, mode, null, false, List.of());
  }

  /** A new snapshot, which brings only these columns to rows that are there. */
  public static SnapshotOrder toFill(Mapping mapping, List<String> columns) {
    return new SnapshotOrder(mapping, SnapshotMode.UPSERT, null, false, columns);
  }

  /** A published snapshot. */
  public static SnapshotOrder toApply(String subject, Mapping mapping, SnapshotMode mode) {
    return new SnapshotOrder(mapping, mode, subject, false, List.of());
  }

  /** A published snapshot, whatever changes the broker holds. */
  public static SnapshotOrder toForce(String subject, Mapping mapping, SnapshotMode mode) {
    return new SnapshotOrder(mapping, mode, subject, true, List.of());
  }

  /** Errors with {@link CancellationException} once {@code unwanted} completes; never completes. */
  public static <T> Mono<T> givenUp(Mono<Void> unwanted) {
    return unwanted.then(Mono.error(SnapshotOrder::cancelled));
  }

  public static CancellationException cancelled() {
    return new CancellationException("the snapshot was cancelled");
  }
}
