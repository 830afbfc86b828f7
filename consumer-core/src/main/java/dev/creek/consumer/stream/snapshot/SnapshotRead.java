package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.SnapshotHeader;
import dev.creek.consumer.wire.WireMessage;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reads one snapshot from the stream, to its end marker: {@code packets -> chunks of rows}. Run it
 * once.
 */
public final class SnapshotRead {
  private static final int ONE_AHEAD = 1;

  /** The first row, if any, comes with the header. */
  private static final Duration OF_QUOTED_NAMES = Duration.ofSeconds(15);

  private final SnapshotLog snapshots;
  private final SourceTable source;
  private final String subject;
  private final PipelineOptions options;
  private final Scheduler scheduler;
  private final SnapshotChunks chunks;
  private final StallWatch watch;
  private long rows;

  /**
   * Some rows.
   *
   * @param header of the snapshot
   * @param rows in order, one bare Avro record each; may be empty
   * @param last whether nothing follows
   */
  public record Rows(SnapshotHeader header, List<WireMessage> rows, boolean last) {}

  /**
   * @param scheduler threads on which a stall is noticed
   */
  public SnapshotRead(
      SnapshotLog snapshots,
      SourceTable source,
      String subject,
      PipelineOptions options,
      Scheduler scheduler) {
    this.snapshots = snapshots;
    this.source = source;
    this.subject = subject;
    this.options = options;
    this.scheduler = scheduler;
    this.chunks = new SnapshotChunks(options.limits(), options.maxMessageBytes());
    this.watch = new StallWatch(this::timeout);
  }

  /**
   * The rows, in chunks; the first leaves with the header, mostly without rows.
   *
   * @param interrupted ends it with its error
   * @return errors with {@link SnapshotException} if nothing comes although all that came was taken
   *     ({@link #begins} and {@link #ends}), and with {@link MessageException} for what cannot be
   *     read: {@link #unreadable}
   */
  public Flux<Rows> rows(Mono<Void> interrupted) {
    return snapshots
        .readSnapshot(source, subject)
        .filter(delivery -> !delivery.packets().isEmpty())
        .doOnNext(delivery -> watch.received())
        .concatMapIterable(chunks::take, ONE_AHEAD)
        .doOnNext(chunk -> rows += chunk.rows().size())
        .takeUntil(Rows::last)
        .takeUntilOther(Mono.firstWithSignal(interrupted, watch.stalled(this::stall, scheduler)));
  }

  /** What came is being handled: meanwhile nothing stalls. */
  public void begins() {
    watch.begins();
  }

  /** It has been handled. */
  public void ends() {
    watch.ends();
  }

  private Duration timeout() {
    Duration usual = options.snapshots().stall();
    return isUnreadable() && usual.compareTo(OF_QUOTED_NAMES) > 0 ? OF_QUOTED_NAMES : usual;
  }

  /**
   * Producers read a table without quoting its name: of a table whose name needs quotes they
   * publish a header, and no more.
   */
  private boolean isUnreadable() {
    return chunks.begun() && chunks.packets() == 1 && source.needsQuotes();
  }

  private SnapshotException stall() {
    if (isUnreadable()) {
      return new SnapshotException(
          "snapshot %s has a header, and nothing has come after it for %d s: the name of %s needs double quotes in SQL, and producers leave them out when they read a table"
              .formatted(subject, timeout().toSeconds(), source),
          "rename the table on the source to lower case (its changes come under either name); or fill the target by other means, and subscribe it with add-tables");
    }
    long seconds = options.snapshots().stall().toSeconds();
    return new SnapshotException(
        chunks.begun()
            ? "snapshot %s stopped after %d rows: nothing has come for %d s, and its end is missing"
                .formatted(subject, rows, seconds)
            : "snapshot %s has not begun within %d s".formatted(subject, seconds),
        "the producer may have died or may be unable to read the table: look at its log, then request a new snapshot");
  }

  /** The error of a snapshot that cannot be read. */
  public SnapshotException unreadable(MessageException e) {
    if (e instanceof MessageException.TooLong tooLong) {
      return new SnapshotException(
          "snapshot %s holds a row that is too long: %s".formatted(subject, e.getMessage()),
          "raise --max-message-bytes to %d or more, with a heap of %d MiB or more"
              .formatted(
                  tooLong.declaredBytes(), PipelineOptions.heapFor(tooLong.declaredBytes()) >> 20),
          e);
    }
    return new SnapshotException(
        "snapshot %s cannot be read: %s".formatted(subject, e.getMessage()),
        "request a new snapshot while no other one of this database is being published",
        e);
  }

  /** Compares with JetStream's count, so that no message was missed on the way. */
  public Mono<Void> checkCount() {
    return snapshots
        .snapshot(source, subject)
        .switchIfEmpty(Mono.error(this::removed))
        .flatMap(
            held ->
                held.messages() == chunks.packets() ? Mono.empty() : Mono.error(miscounted(held)));
  }

  private SnapshotException removed() {
    return new SnapshotException(
        "snapshot " + subject + " was removed from the stream while it was read",
        "request a new snapshot");
  }

  private SnapshotException miscounted(PublishedSnapshot held) {
    return new SnapshotException(
        "snapshot %s was read as %d messages, but the stream holds %d of it"
            .formatted(subject, chunks.packets(), held.messages()),
        "the producer may have published two snapshots at once, or retention may have removed a "
            + "part of it: request a new snapshot");
  }
}
