package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.wire.WalSchema;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * Cuts changes of a table, or of tables that are applied together, into {@link Batch}es of whole
 * source transactions.
 *
 * <ul>
 *   <li><b>Boundary</b>: a transaction is complete when a change or a message of another one
 *       follows, or when the pipeline is caught up and the {@link Linger} has passed in silence.
 *   <li><b>Size</b>: a batch is cut on demand, from everything that is complete then, up to the
 *       {@link BatchLimits}: one transaction when idle, large when behind. Tables with a backlog
 *       share the bytes that all batches may hold. While more is on its way, a small batch waits
 *       for it, but not for long: a batch costs nearly the same whatever its size. Only a
 *       transaction larger than the limits is emitted in parts.
 *   <li><b>{@link OverlapWindow}</b>: its changes count as one transaction.
 *   <li><b>Schema</b>: a table's change of fingerprint ends a batch.
 *   <li><b>Demand</b>: chunks are requested one at a time and only while less than a batch waits;
 *       so at most one batch and one chunk wait here.
 *   <li><b>End</b>: when the source ends or fails, complete transactions are still emitted. An
 *       incomplete last transaction is dropped; it is read again, because its position is not
 *       stored.
 *   <li><b>Signals</b>: all rules of Reactive Streams hold, also those that Reactor relaxes:
 *       nothing is emitted before {@code onSubscribe} has returned, and a request for less than one
 *       batch is an error. One subscriber at a time, because the {@link Linger} is shared.
 * </ul>
 *
 * <p>The standard operators do not suffice: {@code windowUntilChanged} never closes the last
 * transaction of a quiet table, {@code bufferTimeout} cuts transactions, {@code switchMap} ignores
 * demand.
 */
public final class TransactionBatcher extends Flux<Batch> {
  /** Time that a small batch waits for more: less than the time to write a full one. */
  static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Flux<DecodedChunk> chunks;
  private final StreamIdentity stream;
  private final Position from;
  private final BatchLimits limits;
  private final Linger linger;
  private final Scheduler scheduler;
  private final OverlapWindow repeats;
  private final ByteShares shares;
  private final Supplier<SchemaBreaks> schemas;

  /**
   * Of one table.
   *
   * @param shares bytes that all batches being gathered may hold
   */
  public TransactionBatcher(
      Flux<DecodedChunk> chunks,
      StreamIdentity stream,
      Position from,
      BatchLimits limits,
      Linger linger,
      Scheduler scheduler,
      OverlapWindow repeats,
      ByteShares shares) {
    this(
        chunks, stream, from, limits, linger, scheduler, repeats, shares, SchemaBreaks::ofOneTable);
  }

  private TransactionBatcher(
      Flux<DecodedChunk> chunks,
      StreamIdentity stream,
      Position from,
      BatchLimits limits,
      Linger linger,
      Scheduler scheduler,
      OverlapWindow repeats,
      ByteShares shares,
      Supplier<SchemaBreaks> schemas) {
    this.schemas = schemas;
    this.shares = shares;
    this.repeats = repeats;
    this.chunks = chunks;
    this.stream = stream;
    this.from = from;
    this.limits = limits;
    this.linger = linger;
    this.scheduler = scheduler;
  }

  /**
   * Of several tables: their transactions as they are in the stream, none of which the targets may
   * hold already.
   *
   * @param shares bytes that all batches being gathered may hold
   * @param table the table of a schema
   */
  public static TransactionBatcher ofTables(
      Flux<DecodedChunk> chunks,
      StreamIdentity stream,
      Position from,
      BatchLimits limits,
      Linger linger,
      Scheduler scheduler,
      ByteShares shares,
      Function<WalSchema, ?> table) {
    return new TransactionBatcher(
        chunks,
        stream,
        from,
        limits,
        linger,
        scheduler,
        OverlapWindow.NONE,
        shares,
        () -> SchemaBreaks.of(table));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Batch> actual) {
    Objects.requireNonNull(actual, "actual");
    Scheduler.Worker worker;
    try {
      worker = scheduler.createWorker();
    } catch (RuntimeException e) {
      Operators.error(actual, e);
      return;
    }
    var waiting = new WaitingChanges(stream, from, limits, repeats, schemas.get());
    chunks.subscribe(new BatchSubscriber(actual, worker, waiting, linger, shares.share()));
  }
}
