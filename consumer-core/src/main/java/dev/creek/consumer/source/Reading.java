package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.SchemaFinder;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.batch.DatabaseDecoder;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.stream.batch.Linger;
import dev.creek.consumer.stream.batch.TransactionBatcher;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One subscription's way from the broker to batches, by the service's own reader, decoder and
 * batcher. One table is read by its subject; several are read with all messages of their database,
 * of which those of other tables only end transactions. Run it once.
 */
final class Reading implements DatabaseDecoder.Routes<Reading.Route> {
  private static final int ONE_AHEAD = 1;

  private final SourcePorts ports;
  private final TableSelection tables;
  private final Beginning beginning;
  private final Set<Long> skips;
  private final SchemaFinder schemas;
  private final Map<SourceTable, Optional<Route>> routes = new HashMap<>();

  /** Never changed but replaced: it is looked up while the next delivery is decoded. */
  private volatile IdentityHashMap<WalSchema, SourceTable> tableOf = new IdentityHashMap<>();

  /** Stream sequence up to which all changes have been decoded. */
  private volatile long frontier;

  /** Number of messages that the broker held behind what was decoded last. */
  private volatile long pending;

  private final MovedStream moved;

  /** The way of one table's messages. */
  static final class Route implements DatabaseDecoder.Route {
    private final SourceTable source;
    private final ChangeDecoder decoder;
    private final long first;
    private @Nullable WalSchema schema;

    Route(SourceTable source, ChangeDecoder decoder, long first) {
      this.source = source;
      this.decoder = decoder;
      this.first = first;
    }

    @Override
    public SourceTable source() {
      return source;
    }

    @Override
    public ChangeDecoder decoder() {
      return decoder;
    }

    @Override
    public long first() {
      return first;
    }

    @Override
    public Throwable failure(RuntimeException error) {
      return failed(error);
    }

    private Throwable failed(Throwable error) {
      return SourceErrors.of(error, source, decoder.current());
    }

    @Override
    public Mono<Void> lookUp(Mono<Void> lookup) {
      return lookup.onErrorMap(this::failed);
    }
  }

  /**
   * @param handled tells whether everything up to a stream sequence has been handled, so that
   *     reading may go on in another stream
   */
  Reading(
      SourcePorts ports,
      TableSelection tables,
      Beginning beginning,
      Set<Long> skips,
      LongFunction<Mono<Boolean>> handled) {
    this.moved = new MovedStream(ports, tables, beginning, handled);
    this.ports = ports;
    this.tables = tables;
    this.beginning = beginning;
    this.skips = skips;
    this.schemas = new PatientSchemas(ports.schemas());
    this.frontier = beginning.position().sequence();
  }

  /** What snapshots hold of the changes. */
  SnapshotHoldings holdings() {
    return beginning.holdings();
  }

  /** The table of a schema that came. */
  SourceTable tableOf(WalSchema schema) {
    SourceTable table = tableOf.get(schema);
    if (table == null) {
      throw new IllegalStateException("no table has schema " + schema.fingerprint());
    }
    return table;
  }

  /**
   * Batches of whole source transactions; empty ones where only the position moves. Ends only if
   * the producer writes to another stream, and everything of this one has been handled: {@link
   * #next}. Errors with {@link dev.creek.consumer.api.SourceException}, or once the broker's
   * connection was closed.
   */
  Flux<Batch> batches() {
    Position from = beginning.position();
    Flux<Batch> read =
        TransactionBatcher.ofTables(
            chunks().onErrorMap(error -> SourceErrors.of(error, tables, needed())),
            beginning.stream(),
            from,
            ports.options().pipelines().limits(),
            Linger.ofTables(ports.options().pipelines().linger()),
            ports.scheduler(),
            ports.batchBytes(),
            this::tableOf);
    Flux<Batch> untilMoved =
        read.doOnNext(batch -> moved.left(batch.position()))
            .takeUntilOther(moved.happens(() -> pending == 0));
    return (beginning.holdings().isEmpty() ? untilMoved : withoutHeld(untilMoved))
        .onErrorMap(error -> SourceErrors.of(error, tables, needed()));
  }

  /** Where reading goes on once the batches have ended. */
  Mono<Beginning> next() {
    return moved.next();
  }

  private Flux<Batch> withoutHeld(Flux<Batch> read) {
    var byRows = new HeldByRows(ports, beginning.holdings(), this::tableOf, this::isMoreBehind);
    return byRows.without(read);
  }

  private boolean isMoreBehind(long sequence) {
    return pending > 0 || frontier > sequence;
  }

  private long needed() {
    return frontier + 1;
  }

  private Flux<DecodedChunk> chunks() {
    SourceTable only = tables.only();
    ChangeLog changes = ports.changes();
    ReadListener listener = ports.listener(tables.database());
    if (only == null) {
      var decoder = new DatabaseDecoder<>(this, beginning.position().sequence() + 1);
      return changes
          .readDatabase(tables.database(), beginning.start(), beginning.stream(), listener)
          .concatMap(decoder::decode, ONE_AHEAD);
    }
    Route route = route(only);
    return changes
        .read(only, beginning.start(), beginning.stream(), listener)
        .concatMap(delivery -> alone(route, delivery), ONE_AHEAD);
  }

  private Publisher<DecodedChunk> alone(Route route, Delivery delivery) {
    return Flux.from(route.decoder().decode(delivery))
        .doOnNext(
            chunk -> {
              chunk.changes().forEach(change -> decoded(route, change));
              read(Math.max(frontier, chunk.frontier()), chunk.pending());
            })
        .onErrorMap(route::failed);
  }

  private Route route(SourceTable source) {
    StartAt start =
        beginning.mayLackHead()
            ? new StartAt.Beginning()
            : new StartAt.Sequence(beginning.position().sequence() + 1);
    var decoder =
        new ChangeDecoder(
            source, schemas, ports.options().pipelines().maxMessageBytes(), start, skips, () -> {});
    return new Route(source, decoder, beginning.position().sequence() + 1);
  }

  @Override
  public @Nullable Route of(SourceTable table) {
    return routes
        .computeIfAbsent(
            table,
            unknown -> tables.contains(unknown) ? Optional.of(route(unknown)) : Optional.empty())
        .orElse(null);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // one instance for each fingerprint of a table
  public void decoded(Route route, Change change) {
    moved.decoded(change.sequence());
    if (route.schema != change.schema()) {
      route.schema = change.schema();
      var more = new IdentityHashMap<>(tableOf);
      more.put(change.schema(), route.source());
      tableOf = more;
    }
  }

  @Override
  public void read(long upTo, long left) {
    pending = left;
    frontier = upTo;
  }
}
