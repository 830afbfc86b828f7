package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.FailurePolicy;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.PartException;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.batch.TransactionBatcher;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;

/**
 * A group's work while its members stay the same: reads the database from the smallest of their
 * positions, and applies source transactions over all of them. Run it once.
 */
final class Round {
  /** How often the positions of members without changes follow. */
  private static final Duration FOLLOWING = Duration.ofSeconds(5);

  /** The number of messages behind which they follow sooner, so that a restart reads little. */
  private static final long FOLLOWING_MESSAGES = 50_000;

  private static final int ONE_AHEAD = 1;
  private static final int ON_DEMAND = 0;

  private final GroupPorts ports;
  private final List<Seat> seats;
  private final Map<TableWriter, Seat> byWriter = new HashMap<>();
  private final StreamIdentity stream;
  private final long from;
  private final Sinks.Empty<Void> end = Sinks.empty();
  private final Sinks.Empty<Void> refused = Sinks.empty();
  private final OneAtATime writes = new OneAtATime();
  private final GroupDecoder decoder;

  /** Members of the batch that is being written, and of the open transaction. */
  private final Set<Seat> writing = new LinkedHashSet<>();

  /** Members of the open transaction, with their last positions in it. */
  private final Map<Seat, Position> open = new LinkedHashMap<>();

  /** Up to here batches are written in the order of the source. */
  private final long inOrderUntil;

  /** The members are at different moments of the source until this is over. */
  private final Approach approach;

  private volatile Position reached;
  private long followed;

  /**
   * @param seats at least one
   * @param inOrderUntil stream sequence up to which tables are written in the order of the source,
   *     change after change
   */
  Round(GroupPorts ports, List<Seat> seats, long inOrderUntil) {
    this.ports = ports;
    this.inOrderUntil = inOrderUntil;
    this.seats = List.copyOf(seats);
    this.stream = seats.get(0).member().log().stream();
    this.from = seats.stream().mapToLong(Seat::first).min().orElseThrow();
    this.approach = new Approach(seats);
    this.reached = new Position(stream, from - 1, 0, null);
    this.followed = from - 1;
    this.decoder = new GroupDecoder(seats, from);
    seats.forEach(seat -> byWriter.put(seat.member().writer(), seat));
  }

  List<Seat> seats() {
    return seats;
  }

  /** All members have applied everything up to here. Thread-safe. */
  long reached() {
    return reached.sequence();
  }

  /** Members whose writers cannot be used any more, once it has ended with an error. */
  Set<Seat> spoilt() {
    return writing;
  }

  /** Ends it between transactions: what is being written is committed. Thread-safe. */
  void end() {
    end.tryEmitEmpty();
  }

  /**
   * Completes when it was ended; errors with {@link SeatException} if one member is the cause, with
   * {@link OrderException} if a batch is to be written in another order, with {@link
   * BrokerException.Gap} if messages are missing that members may need, with {@link
   * BrokerException.Denied} if a group without a name may not read, or with the errors of the
   * ports.
   */
  Mono<Void> run() {
    return Flux.usingWhen(
            Mono.fromSupplier(ports.targets()::groupWriter),
            writer -> {
              Sinks.Empty<Void> read = Sinks.empty();
              approach.reached(reached, List.of());
              return Flux.merge(
                  apply(writer).doFinally(ended -> read.tryEmitEmpty()),
                  follow(writer).takeUntilOther(read.asMono()));
            },
            GroupWriter::close)
        .then();
  }

  private Flux<Void> apply(GroupWriter writer) {
    return ports
        .changes()
        .readDatabase(ports.database(), new StartAt.Sequence(from, mayMiss()), stream, listener())
        .concatMap(decoder::decode, ONE_AHEAD)
        .transform(
            chunks ->
                TransactionBatcher.ofTables(
                    chunks,
                    stream,
                    reached,
                    ports.limits(),
                    ports.linger(),
                    ports.scheduler(),
                    ports.batchBytes(),
                    decoder::seat))
        .takeUntilOther(Mono.firstWithSignal(end.asMono(), refused.asMono()))
        .materialize()
        .concatMap(signal -> work(writer, signal), ON_DEMAND)
        .concatMap(work -> work, ONE_AHEAD)
        .concatWith(Mono.defer(() -> farewell(writer)));
  }

  private long mayMiss() {
    return seats.stream().mapToLong(Seat::mayMiss).min().orElse(0);
  }

  private ReadListener listener() {
    return ReadListener.toAll(seats.stream().map(seat -> seat.member().listener()).toList())
        .and(decoder.listener())
        .and(
            new ReadListener() {
              @Override
              public boolean refused(BrokerException.Denied refusal) {
                return !ports.named() && refused.tryEmitError(refusal).isSuccess();
              }
            });
  }

  /** As in a table's pipeline, an error becomes work that fails when its turn comes. */
  private Mono<Mono<Void>> work(GroupWriter writer, Signal<Batch> signal) {
    Throwable error = signal.getThrowable();
    Batch batch = signal.get();
    if (batch == null) {
      return Mono.just(error == null ? Mono.empty() : Mono.error(error));
    }
    List<Step> steps =
        isInOrder(batch) ? Step.inOrder(batch, decoder::seat) : Step.whole(batch, decoder::seat);
    return Flux.fromIterable(steps)
        .concatMap(Step::prepared, 1)
        .collectList()
        .subscribeOn(ports.scheduler())
        .map(prepared -> writes.run(Mono.defer(() -> write(writer, prepared))))
        .onErrorResume(unprepared -> Mono.just(Mono.error(unprepared)));
  }

  private boolean isInOrder(Batch batch) {
    return !batch.changes().isEmpty() && batch.changes().get(0).sequence() <= inOrderUntil;
  }

  private Mono<Void> write(GroupWriter writer, List<Step> steps) {
    return Flux.fromIterable(steps)
        .concatMap(step -> write(writer, step.batch(), step.sections()), 0)
        .then();
  }

  private Mono<Void> write(GroupWriter writer, Batch batch, List<Section> prepared) {
    return withOpen(batch, prepared)
        .flatMap(
            sections -> {
              if (sections.isEmpty()) {
                reached(batch);
                return Mono.<Void>empty();
              }
              return apply(writer, batch, sections);
            })
        .then(Mono.defer(() -> isFarAhead() ? follow(writer, seats) : Mono.empty()));
  }

  /** With the members of the open transaction that have no changes in its last batch. */
  private Mono<List<Section>> withOpen(Batch batch, List<Section> prepared) {
    if (!batch.endsTransaction() || open.isEmpty()) {
      return Mono.just(prepared);
    }
    Map<Seat, Position> others = new LinkedHashMap<>(open);
    prepared.forEach(section -> others.remove(section.seat()));
    return Flux.fromIterable(others.entrySet())
        .map(
            other -> {
              Position last = other.getValue();
              var position =
                  new Position(stream, batch.position().sequence(), last.lsn(), last.committedAt());
              return new Section(other.getKey(), new Batch(List.of(), 0, true, position), null);
            })
        .concatMap(Section::prepared, 1)
        .startWith(prepared)
        .collectList();
  }

  private Mono<Void> apply(GroupWriter writer, Batch batch, List<Section> sections) {
    return Mono.defer(
        () -> {
          sections.forEach(section -> writing.add(section.seat()));
          long began = System.nanoTime();
          return writer
              .apply(sections.stream().map(Section::part).toList(), batch.endsTransaction())
              .onErrorMap(e -> failure(e, batch, sections))
              .doOnSuccess(applied -> written(sections, began))
              .doOnNext(applied -> committed(sections, applied, batch))
              .then(Mono.fromRunnable(() -> opened(batch, sections)));
        });
  }

  private Throwable failure(Throwable e, Batch batch, List<Section> sections) {
    if (!(e instanceof PartException part)) {
      sections.forEach(section -> section.seat().member().failedIn(section.batch()));
      return e;
    }
    Throwable cause = part.getCause() == null ? part : part.getCause();
    if (sections.size() > 1 && FailurePolicy.mayDependOnOtherTables(cause)) {
      return new OrderException(batch.position().sequence(), cause);
    }
    for (Section section : sections) {
      if (section.seat().member().writer() == part.writer()) {
        return section.failure(cause);
      }
    }
    return cause;
  }

  private static void written(List<Section> sections, long began) {
    Duration took = Duration.ofNanos((System.nanoTime() - began) / sections.size());
    sections.forEach(section -> section.seat().member().written(section.batch(), took));
  }

  private void committed(List<Section> sections, List<Applied> applied, Batch batch) {
    open.clear();
    writing.clear();
    reached(batch);
    for (int i = 0; i < sections.size(); i++) {
      sections.get(i).seat().committed(applied.get(i));
    }
  }

  private void reached(Batch batch) {
    reached = batch.position();
    approach.reached(reached, batch.changes());
  }

  private void opened(Batch batch, List<Section> sections) {
    if (!batch.endsTransaction()) {
      sections.forEach(section -> open.put(section.seat(), section.batch().position()));
    }
  }

  /** Members without changes follow, while nothing is being written. */
  private Flux<Void> follow(GroupWriter writer) {
    return Flux.interval(FOLLOWING, ports.scheduler())
        .onBackpressureDrop()
        .concatMap(tick -> writes.run(Mono.defer(() -> tick(writer))), 1);
  }

  private Mono<Void> tick(GroupWriter writer) {
    approach.tick(decoder.isCaughtUp());
    return open.isEmpty() ? follow(writer, seats) : Mono.empty();
  }

  private boolean isFarAhead() {
    return open.isEmpty() && reached.sequence() - followed >= FOLLOWING_MESSAGES;
  }

  /**
   * All are told how far they have come: if they leave one after another, the next round may not
   * read anything before they do.
   */
  private Mono<Void> farewell(GroupWriter writer) {
    return writes.run(
        Mono.defer(() -> open.isEmpty() ? follow(writer, seats) : Mono.<Void>empty()));
  }

  private Mono<Void> follow(GroupWriter writer, List<Seat> members) {
    Position to = reached;
    followed = to.sequence();
    Map<TableWriter, Position> positions = new HashMap<>();
    for (Seat seat : members) {
      boolean behind =
          seat.position().stream() == null || seat.position().sequence() < to.sequence();
      if (behind && seat.first() <= to.sequence() && !seat.isGone()) {
        positions.put(seat.member().writer(), seat.at(to, List.of()));
      }
    }
    if (positions.isEmpty()) {
      return Mono.empty();
    }
    positions.keySet().forEach(behind -> writing.add(seatOf(behind)));
    return writer
        .move(positions)
        .flatMap(
            moved -> {
              writing.clear();
              for (TableWriter one : moved) {
                Position its = Objects.requireNonNull(positions.remove(one));
                seatOf(one).committed(new Applied(its, 0, 0, 0, 0));
              }
              return positions.keySet().stream()
                  .findFirst()
                  .map(fenced -> Mono.<Void>error(fenced(seatOf(fenced))))
                  .orElse(Mono.empty());
            });
  }

  private Seat seatOf(TableWriter writer) {
    return Objects.requireNonNull(byWriter.get(writer));
  }

  private static SeatException fenced(Seat seat) {
    return new SeatException(
        seat,
        new FencedException(
            seat.member().mapping().target()
                + " has been claimed by another, or was set back by a crash"));
  }
}
