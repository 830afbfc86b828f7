package dev.creek.consumer.source;

import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The snapshots of one table. Immutable. A snapshot followed by the changes behind it is {@link
 * Start#SNAPSHOT}.
 *
 * @param <T> the type of rows
 */
public final class TableSnapshots<T> {
  private final CreekSource source;
  private final SourceTable table;
  private final RowMapper<T> mapper;

  TableSnapshots(CreekSource source, SourceTable table, RowMapper<T> mapper) {
    this.source = source;
    this.table = table;
    this.mapper = mapper;
  }

  /**
   * Rows as Java records, as {@link RowMapper#records}.
   *
   * @throws IllegalArgumentException if the record's constructor cannot be called
   */
  public <R extends Record> TableSnapshots<R> as(Class<R> type) {
    return as(RowMapper.records(type));
  }

  /** Rows as the program's own type. */
  public <R> TableSnapshots<R> as(RowMapper<R> value) {
    return new TableSnapshots<>(source, table, value);
  }

  /**
   * Those that the broker still holds, oldest first; empty if there are none.
   *
   * @return errors with {@link dev.creek.consumer.api.BrokerException.Unavailable} if the broker is
   *     away, or knows nothing of the database
   */
  public Flux<PublishedSnapshot> published() {
    return source.unlessClosed(Flux.defer(() -> source.ports().snapshots().snapshots(table)));
  }

  /**
   * Asks the producer for a new one.
   *
   * @return its name, before it is published; errors with {@link
   *     dev.creek.consumer.api.BrokerException.NoProducer} if no producer answers in time, {@link
   *     SourceOptions.Builder#snapshotStall}
   */
  public Mono<String> request() {
    return source
        .unlessClosed(
            Flux.defer(
                () ->
                    source
                        .ports()
                        .snapshots()
                        .requestSnapshot(
                            table, source.ports().options().pipelines().snapshots().stall())))
        .single();
  }

  /**
   * The rows of one, on demand, as it comes, from its first to its last.
   *
   * @param name of the snapshot, from {@link #published} or {@link #request}
   * @return completes with the end of the snapshot, once it is known that no message was missed;
   *     errors with {@link dev.creek.consumer.api.SnapshotException} if it is not complete: nothing
   *     has come for a while, {@link SourceOptions.Builder#snapshotStall}, or messages are missing
   */
  public Flux<T> rows(String name) {
    return source.unlessClosed(
        Flux.defer(() -> new TableSnapshot(source.ports(), table, name, null).chunks())
            .concatMapIterable(chunk -> chunk.rows(mapper), 1));
  }
}
