package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.SnapshotHeader;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Schemas from the headers of snapshots: the producer publishes a schema with a table's first
 * change, but each snapshot contains one as well. Thread-safe.
 */
public final class HeaderSchemas {
  private static final Logger log = LoggerFactory.getLogger(HeaderSchemas.class);

  /**
   * The header is the first message, and already in the stream: if it takes longer, this is an
   * outage of the broker.
   */
  private static final Duration READ_LIMIT = Duration.ofSeconds(20);

  private final SnapshotLog snapshots;
  private final PipelineOptions options;

  public HeaderSchemas(SnapshotLog snapshots, PipelineOptions options) {
    this.snapshots = snapshots;
    this.options = options;
  }

  /**
   * The rows of the newest snapshot whose header can be read; empty if there is none.
   *
   * @return errors as {@link SnapshotLog#snapshots} does
   */
  public Mono<RecordShape> newest(SourceTable source) {
    return snapshots
        .snapshots(source)
        .sort(Comparator.comparing(PublishedSnapshot::publishedAt).reversed())
        .concatMap(snapshot -> header(source, snapshot.subject()), 1)
        .next()
        .map(SnapshotHeader::shape);
  }

  /**
   * The rows of a snapshot that is requested from the producer, once it has published the header.
   * The producer publishes the whole snapshot, so a caller that needs only the header uses this
   * last.
   *
   * @return errors with {@link BrokerException.Unavailable} if no producer answers, or no header
   *     comes
   */
  public Mono<RecordShape> requested(SourceTable source) {
    return snapshots
        .requestSnapshot(source, options.snapshots().stall())
        .doOnNext(
            subject ->
                log.info(
                    "{}: no schema of it is published, so its producer was asked for a snapshot, {}, whose "
                        + "header contains it",
                    source,
                    subject))
        .flatMap(subject -> header(source, subject).switchIfEmpty(unreadable(subject)))
        .onErrorMap(TimeoutException.class, e -> noHeader(source, e))
        .map(SnapshotHeader::shape);
  }

  private static <T> Mono<T> unreadable(String subject) {
    return Mono.error(
        () ->
            new BrokerException.Unavailable(
                "the header of snapshot " + subject + " is unreadable"));
  }

  private static BrokerException noHeader(SourceTable source, Throwable late) {
    return new BrokerException.Unavailable(
        "the producer accepted the request for a snapshot of %s, but published none within %d s"
            .formatted(source, READ_LIMIT.toSeconds()),
        late);
  }

  private Mono<SnapshotHeader> header(SourceTable source, String subject) {
    return Mono.defer(
            () -> {
              SnapshotChunks chunks =
                  new SnapshotChunks(options.limits(), options.maxMessageBytes());
              return snapshots
                  .readSnapshot(source, subject)
                  .concatMapIterable(chunks::take, 1)
                  .next()
                  .map(SnapshotRead.Rows::header);
            })
        .timeout(READ_LIMIT)
        .onErrorResume(
            MessageException.class,
            e -> {
              log.warn("Snapshot {} is skipped: {}", subject, e.getMessage());
              return Mono.empty();
            });
  }
}
