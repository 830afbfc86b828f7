package dev.creek.consumer.stream;

import dev.creek.consumer.stream.SnapshotLog.PublishedSnapshot;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.SnapshotHeader;
import dev.creek.consumer.wire.SourceTable;
import dev.creek.consumer.wire.WireException;
import java.time.Duration;
import java.util.Comparator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * What snapshots say of their tables: the producer publishes a schema with a table's first change,
 * but each snapshot carries one of its own. Thread-safe.
 */
public final class HeaderSchemas {
  private static final Logger log = LoggerFactory.getLogger(HeaderSchemas.class);

  /** The header is the first message, and it is there: what takes longer is a broker's outage. */
  private static final Duration READ_LIMIT = Duration.ofSeconds(20);

  private final SnapshotLog snapshots;
  private final LineOptions options;

  public HeaderSchemas(SnapshotLog snapshots, LineOptions options) {
    this.snapshots = snapshots;
    this.options = options;
  }

  /**
   * The rows of the newest snapshot whose header can be read; empty where there is none.
   *
   * @return errors as {@link SnapshotLog#snapshots} does
   */
  public Mono<RecordShape> newest(SourceTable source) {
    return snapshots
        .snapshots(source)
        .sort(Comparator.comparing(PublishedSnapshot::publishedAt).reversed())
        .concatMap(snapshot -> header(source, snapshot), 1)
        .next()
        .map(SnapshotHeader::shape);
  }

  private Mono<SnapshotHeader> header(SourceTable source, PublishedSnapshot snapshot) {
    return Mono.defer(
            () -> {
              SnapshotChunks chunks =
                  new SnapshotChunks(options.limits(), options.maxMessageBytes());
              return snapshots
                  .readSnapshot(source, snapshot.subject())
                  .concatMapIterable(chunks::take, 1)
                  .next()
                  .map(SnapshotChunks.Chunk::header);
            })
        .timeout(READ_LIMIT)
        .onErrorResume(
            WireException.class,
            e -> {
              log.warn("Snapshot {} is passed over: {}", snapshot.subject(), e.getMessage());
              return Mono.empty();
            });
  }
}
