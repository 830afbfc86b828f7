package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.SnapshotOrder;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Snapshots of tables: listed, requested, applied. Thread-safe; nothing happens before a returned
 * publisher is subscribed to. Errors: {@link dev.creek.consumer.api.ConsumerException}.
 */
public final class Snapshots {
  private final Servers servers;
  private final Runs runs;

  Snapshots(Servers servers, Runs runs) {
    this.servers = servers;
    this.runs = runs;
  }

  /**
   * A table's snapshots that the broker still holds, oldest first.
   *
   * @return empty if it holds none; errors with {@link BrokerException.Unavailable} if it knows
   *     nothing of the source's database either
   */
  public Flux<PublishedSnapshot> published(SourceTable source) {
    return servers.broker().flatMapMany(log -> log.snapshots(source));
  }

  /**
   * Requests a new snapshot from the producer and applies it, as {@link #apply} does.
   *
   * <p>{@link ConsumerOptions.Builder#snapshotsAtOnce} limits how many run at once; others wait.
   */
  public Flux<SnapshotProgress> take(Mapping mapping, SnapshotMode mode) {
    return runs.carryOut(SnapshotOrder.toTake(mapping, mode), Mono.never());
  }

  /**
   * Requests a new snapshot from the producer and brings only some columns of it, for columns that
   * were added to existing rows: these have no value of the source there until its next change of
   * the row. Of rows that are there only these columns are set, and those of unique keys; rows that
   * are missing are written whole. The table is paused meanwhile and continues as after {@link
   * #apply}. The last commit clears the marks of these columns.
   *
   * @param columns their names, as the catalog has them; at least one, none twice
   * @return its progress, as that of {@link #apply} in mode upsert; errors with {@link
   *     dev.creek.consumer.api.ShapeMismatchException} if the table or a column is missing, or if
   *     the table has no key
   * @throws IllegalArgumentException for names that cannot be
   */
  public Flux<SnapshotProgress> fill(Mapping mapping, List<String> columns) {
    var fill = new Command.Fill(mapping, columns);
    return runs.carryOut(SnapshotOrder.toFill(mapping, fill.columns()), Mono.never());
  }

  /**
   * Applies a published snapshot. The table need be neither subscribed nor there; a subscribed one
   * is paused between two transactions, and continues without missing a change. Works with and
   * without a {@link CreekConsumer#run}, and beside other processes. Cancelling, like {@link
   * CreekConsumer#stop}, gives it up.
   *
   * @param subject its name, from {@link #published}
   * @return its progress, without demand only the newest, {@code DONE} at last; errors with {@link
   *     SnapshotException} if the snapshot cannot be used, also because the broker no longer holds
   *     all changes since then; otherwise with the servers' errors. A clean snapshot has then
   *     changed nothing; after an upsert the written rows stay, and the changes since the snapshot
   *     correct them
   */
  public Flux<SnapshotProgress> apply(String subject, Mapping mapping, SnapshotMode mode) {
    return runs.carryOut(SnapshotOrder.toApply(subject, mapping, mode), Mono.never());
  }

  /**
   * Applies a published snapshot as {@link #apply} does, even if the broker no longer holds all
   * changes since then: these are then missing.
   */
  public Flux<SnapshotProgress> applyForced(String subject, Mapping mapping, SnapshotMode mode) {
    return runs.carryOut(SnapshotOrder.toForce(subject, mapping, mode), Mono.never());
  }
}
