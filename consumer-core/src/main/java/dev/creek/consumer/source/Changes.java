package dev.creek.consumer.source;

import dev.creek.consumer.stream.Batch;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * The changes of some tables of one source database. Immutable: each setting returns another one.
 *
 * <p><b>Subscribing</b>: nothing happens before; each subscription reads by itself. Two at a time
 * need {@link #positions} of their own. <b>Order</b>: that of the source's commits, over all
 * tables; each change comes once per subscription. <b>Demand</b>: what was not asked for waits at
 * the broker, except for at most a few MiB, which {@code BrokerOptions} and {@link SourceOptions}
 * bound. <b>End</b>: never by itself. It errors with {@link
 * dev.creek.consumer.api.SourceException}, with the errors of {@link Positions}, with {@link
 * dev.creek.consumer.api.BrokerException.Refused} or {@code Denied} if credentials or permissions
 * do not suffice to begin, or with {@link IllegalStateException} once the source is closed. Outages
 * of the broker do not end it: {@link SourceListener}. <b>Cancelling</b> ends the consumer at the
 * broker. <b>Threads</b>: signals come on those of {@link SourceOptions.Builder#scheduler}, or on
 * the one that requests, which may be the driver's; they must not be blocked. A handler that blocks
 * does that on another scheduler, such as one of virtual threads.
 *
 * @param <T> the type of full rows
 */
public final class Changes<T> {
  private static final int ONE_AHEAD = 1;
  private static final int ON_DEMAND = 0;

  private final CreekSource source;
  private final TableSelection tables;
  private final Start start;
  private final Positions positions;
  private final RowMapper<T> mapper;
  private final Set<Long> skips;

  Changes(
      CreekSource source,
      TableSelection tables,
      Start start,
      Positions positions,
      RowMapper<T> mapper,
      Set<Long> skips) {
    this.source = source;
    this.tables = tables;
    this.start = start;
    this.positions = positions;
    this.mapper = mapper;
    this.skips = skips;
  }

  /** Where to begin; behind the stored position by default, or with the oldest changes held. */
  public Changes<T> startAt(Start value) {
    return new Changes<>(source, tables, value, positions, mapper, skips);
  }

  /** Where the position is stored, if not where {@link SourceOptions} say. */
  public Changes<T> positions(Positions value) {
    return new Changes<>(source, tables, start, value, mapper, skips);
  }

  /**
   * Rows as Java records, as {@link RowMapper#records}.
   *
   * @throws IllegalArgumentException if the record's constructor cannot be called
   */
  public <R extends Record> Changes<R> as(Class<R> type) {
    return as(RowMapper.records(type));
  }

  /** Rows as the program's own type. */
  public <R> Changes<R> as(RowMapper<R> value) {
    return new Changes<>(source, tables, start, positions, value, skips);
  }

  /**
   * Leaves out messages that cannot be read or do not fit, by their sequences in the stream. This
   * is logged.
   */
  public Changes<T> skip(long... sequences) {
    Set<Long> all = new HashSet<>(skips);
    for (long sequence : sequences) {
      all.add(sequence);
    }
    return new Changes<>(source, tables, start, positions, mapper, Set.copyOf(all));
  }

  /** Source transactions, each over all tables. */
  public Flux<Transaction<T>> transactions() {
    return read(
        (reading, commits) -> {
          var cutter = new TransactionCutter(source.ports().options().transactions());
          var reader = reader(reading);
          return moving(reading, commits)
              .bufferUntil(cutter::isFull)
              .concatMapIterable(cutter::cut, ONE_AHEAD)
              .map(inTurn -> inTurn.read(part -> part.read(reader, commits)));
        },
        rows -> new Transaction<>(rows.chunk(), rows.chunk().read(mapper), rows.place()));
  }

  /** Changes in batches: one transaction when little comes, as many as fit when behind. */
  public Flux<dev.creek.consumer.source.Batch<T>> batches() {
    return read(
        (reading, commits) -> {
          var reader = reader(reading);
          return moving(reading, commits)
              .concatMapIterable(signal -> InTurn.of(signal, List::of), ONE_AHEAD)
              .map(inTurn -> inTurn.read(batch -> batch(batch, reader, commits)));
        },
        rows ->
            new dev.creek.consumer.source.Batch<>(
                rows.chunk().read(mapper), true, rows.chunk().part(), rows.place()));
  }

  private ChangeReader<T> reader(Reading reading) {
    return new ChangeReader<>(mapper, reading::tableOf, reading.holdings());
  }

  private static <T> dev.creek.consumer.source.Batch<T> batch(
      Batch batch, ChangeReader<T> reader, Commits commits) {
    long first =
        batch.changes().isEmpty() ? batch.position().sequence() : batch.changes().get(0).sequence();
    return new dev.creek.consumer.source.Batch<>(
        reader.read(batch.changes()),
        batch.endsTransaction(),
        null,
        new Place(batch.position(), first, commits));
  }

  /**
   * Single changes, for programs that keep no position: none is stored, and each subscription
   * begins where {@link #startAt} says.
   */
  public Flux<Change<T>> changes() {
    return elements()
        .handle(
            (element, sink) -> {
              if (element instanceof Change<T> change) {
                sink.next(change);
              }
            });
  }

  /** The same with the marks between them. */
  public Flux<Element<T>> elements() {
    return Flux.defer(
        () ->
            source.reading(
                found ->
                    found
                        .map(this::elements)
                        .orElseGet(
                            () -> {
                              var first = snapshotsFirst();
                              return first
                                  .rows()
                                  .concatMapIterable(
                                      rows -> rows.chunk().read(mapper).all(), ONE_AHEAD)
                                  .concatWith(Flux.defer(() -> elements(first.beginning())));
                            }),
                () -> Beginning.of(start, positions, source.ports().changes(), tables),
                tables));
  }

  private Flux<Element<T>> elements(Beginning beginning) {
    Reading reading =
        new Reading(source.ports(), tables, beginning, skips, sequence -> Mono.just(true));
    var reader = reader(reading);
    return reading
        .batches()
        .materialize()
        .concatMapIterable(
            signal -> InTurn.of(signal, batch -> reader.inTurn(batch.changes())), ONE_AHEAD)
        .map(inTurn -> inTurn.read(Supplier::get))
        .concatWith(source.reading(found -> elements(found.orElseThrow()), reading::next, tables));
  }

  /**
   * Hands each transaction to a handler, one after the other, and stores the position when its
   * publisher completes. A transaction that a handler ignores is handled, too.
   *
   * @param handler returns a publisher that completes when the transaction is handled; retries are
   *     its own business
   * @return never completes; errors with {@link
   *     dev.creek.consumer.api.SourceException.HandlerFailed} if the handler does, with the
   *     position before that transaction. Cancelling it cancels the handler
   */
  public Mono<Void> forEachTransaction(Function<Transaction<T>, Mono<Void>> handler) {
    return transactions()
        .concatMap(
            transaction ->
                Mono.defer(() -> handler.apply(transaction))
                    .onErrorMap(error -> SourceErrors.handlerFailed(transaction, error))
                    .then(transaction.commit()),
            ON_DEMAND)
        .then();
  }

  /**
   * Batches with changes; meanwhile the position follows over what is not wanted. An error is the
   * last element, so that it comes in its turn: it would overtake what was not asked for yet, which
   * would then never be handled if the error comes again.
   */
  private static Flux<Signal<Batch>> moving(Reading reading, Commits commits) {
    var state =
        new Object() {
          boolean open;
        };
    return reading
        .batches()
        .materialize()
        .concatMap(
            signal -> {
              Batch batch = signal.get();
              if (batch == null) {
                return Mono.just(signal);
              }
              boolean endsOpen = state.open && batch.endsTransaction();
              if (batch.changes().isEmpty() && !endsOpen) {
                return commits.passes(batch.position()).then(Mono.<Signal<Batch>>empty());
              }
              state.open = !batch.endsTransaction();
              return commits.emits(batch).thenReturn(signal);
            },
            ONE_AHEAD);
  }

  private interface Pipeline<U> {
    Flux<U> of(Reading reading, Commits commits);
  }

  private <U> Flux<U> read(Pipeline<U> pipeline, Function<SnapshotsFirst.Rows, U> snapshots) {
    return Flux.defer(
        () ->
            Flux.using(
                () -> source.use(positions),
                used ->
                    source.reading(
                        found ->
                            found
                                .map(beginning -> changes(beginning, pipeline))
                                .orElseGet(() -> snapshotsFirst(pipeline, snapshots)),
                        () ->
                            Beginning.of(start, positions, source.ports().changes(), tables)
                                .delayUntil(this::store),
                        tables),
                source::release));
  }

  private <U> Flux<U> changes(Beginning beginning, Pipeline<U> pipeline) {
    return changes(
        beginning,
        new Commits(positions, beginning.position(), Commits.Before.STORED, beginning.holdings()),
        pipeline);
  }

  /** The changes of one stream, and then those of another one, should the producer go there. */
  private <U> Flux<U> changes(Beginning beginning, Commits commits, Pipeline<U> pipeline) {
    Reading reading = new Reading(source.ports(), tables, beginning, skips, commits::isStored);
    return pipeline
        .of(reading, commits)
        .concatWith(
            source.reading(
                found -> changes(found.orElseThrow(), pipeline),
                () -> reading.next().delayUntil(this::store),
                tables));
  }

  private <U> Flux<U> snapshotsFirst(
      Pipeline<U> pipeline, Function<SnapshotsFirst.Rows, U> snapshots) {
    SnapshotsFirst first = snapshotsFirst();
    return first
        .rows()
        .map(snapshots)
        .concatWith(Flux.defer(() -> changes(first.beginning(), first.commits(), pipeline)));
  }

  private SnapshotsFirst snapshotsFirst() {
    return new SnapshotsFirst(
        source.ports(),
        tables,
        positions,
        start.kind() == Start.Kind.STORED ? Commits.Before.NONE : Commits.Before.ANY);
  }

  private Mono<Void> store(Beginning beginning) {
    return beginning.stored()
        ? Mono.empty()
        : positions.begin(beginning.holdings().stored(beginning.position()));
  }

  @Override
  public String toString() {
    return "Changes[%s, from %s]".formatted(tables, start);
  }
}
