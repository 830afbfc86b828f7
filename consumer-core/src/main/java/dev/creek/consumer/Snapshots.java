package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.SnapshotOrder;
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
   * @return empty where it holds none; errors with {@link BrokerException.Unavailable} where it
   *     knows nothing of the source's database either
   */
  public Flux<PublishedSnapshot> published(SourceTable source) {
    return servers.broker().flatMapMany(log -> log.snapshots(source));
  }

  /**
   * Requests a new snapshot from the producer and applies it, as {@link #apply} does.
   *
   * <p>Not more at once than {@link ConsumerOptions.Builder#snapshotsAtOnce} allows; others wait.
   */
  public Flux<SnapshotProgress> take(Mapping mapping, SnapshotMode mode) {
    return runs.carryOut(new SnapshotOrder(mapping, mode, null, false), Mono.never());
  }

  /** {@link #apply(String, Mapping, SnapshotMode, boolean)}, not forced. */
  public Flux<SnapshotProgress> apply(String subject, Mapping mapping, SnapshotMode mode) {
    return apply(subject, mapping, mode, false);
  }

  /**
   * Applies a snapshot that is published. The table need be neither subscribed nor there; a
   * subscribed one is paused between two transactions, and goes on where nothing is missed. Works
   * with and without a {@link CreekConsumer#run}, and beside other processes. Cancelling, like
   * {@link CreekConsumer#stop}, gives it up.
   *
   * @param subject its name, as {@link #published} tells
   * @param force whether to apply it where the broker no longer holds all changes since then; these
   *     are then missing
   * @return how far it is, the newest only where nobody asks, {@code DONE} at last; errors with
   *     {@link SnapshotException} where the snapshot is of no use, else with what the servers say.
   *     A clean snapshot has then changed nothing; of an upsert the rows that were written stay,
   *     and the changes since the snapshot mend them
   */
  public Flux<SnapshotProgress> apply(
      String subject, Mapping mapping, SnapshotMode mode, boolean force) {
    return runs.carryOut(new SnapshotOrder(mapping, mode, subject, force), Mono.never());
  }
}
