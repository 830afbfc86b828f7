package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.StartAt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tables of one source database that are applied together. Tables come and go; while their set
 * stays the same a {@link Round} runs. Each change of the set ends the round between two
 * transactions, and the next one begins at the smallest of the members' positions: what a member
 * has already, it drops. So joining and leaving need no other agreement than the stored positions.
 * Thread-safe.
 *
 * <p>If one member is the cause of a failure, it gets the error, and the others of the same batch
 * end without one: their writers cannot be used any more, so they claim their tables again and join
 * again. If nobody is the cause, all that were being written get the error; if nothing was, all.
 * The group waits for those that will return, so that none runs ahead of the others. Members whose
 * rows refer to rows that are not there meet again in the same way.
 */
public final class Group {
  private static final Logger log = LoggerFactory.getLogger(Group.class);

  /** Tables that join within this time of one another join together. */
  private static final Duration JOINING = Duration.ofMillis(25);

  /** The same while others are applied, whom each joining interrupts. */
  private static final Duration JOINING_OTHERS = Duration.ofMillis(250);

  /**
   * Longest time between the returns of members that are expected. Until they are back, or this is
   * over, the others wait: source transactions over all of them stay whole.
   */
  private static final Duration RETURNING = Duration.ofSeconds(1);

  private final GroupPorts ports;
  private final Scheduler.Worker control;
  private volatile Standing standing = Standing.EMPTY;

  /** Set on the control worker. */
  private volatile @Nullable Round round;

  // Below: only on the control worker.
  private final List<Seat> seats = new ArrayList<>();
  private @Nullable Disposable gathering;
  private final Arrivals arrivals = new Arrivals();
  private final Refusals refusals;
  private final WriteOrder order = new WriteOrder();

  Group(GroupPorts ports) {
    this.ports = ports;
    this.control = ports.scheduler().createWorker();
    this.refusals = new Refusals(ports.database());
  }

  /**
   * Tells whether a table could join now: the broker lets the group read, the table is near enough,
   * and no other target of the same source table is a member.
   *
   * @param start where its changes begin
   */
  public boolean admits(SourceTable source, LogState state, StartAt start) {
    Standing now = standing;
    Round running = round;
    return !refusals.isRecent()
        && now.admits(source, state, start, running == null ? now.reached() : running.reached());
  }

  /**
   * A table is about to join: if the group has no members yet, the first ones wait for it, for a
   * moment.
   *
   * @param hurry makes it join without further pauses
   */
  public void expect(SourceTable table, Runnable hurry) {
    try {
      control.schedule(
          () -> {
            if (round == null) {
              arrivals.expect(table, hurry);
            }
          });
    } catch (RejectedExecutionException e) {
      log.debug("{}: {} is not expected any more", ports.database(), table);
    }
  }

  /**
   * Applies a table's changes together with those of the other members.
   *
   * @param leave once it completes, the table leaves between two transactions
   * @return its results; completes once it has left, which it also does if it is to claim its table
   *     again. Errors if the table is the cause of a failure, or with one that concerns all
   */
  public Flux<Applied> follow(Member member, Mono<Void> leave) {
    return Flux.defer(
        () -> {
          Seat seat = new Seat(member);
          Flux<Applied> results =
              seat.results().doOnSubscribe(begins -> post(seat, () -> join(seat)));
          return Flux.merge(
                  results.materialize(),
                  leave.doOnSuccess(wanted -> leave(seat)).then(Mono.never()))
              .<Applied>dematerialize()
              .doOnCancel(() -> go(seat));
        });
  }

  private void post(Seat seat, Runnable task) {
    try {
      control.schedule(
          () -> {
            try {
              task.run();
            } catch (RuntimeException e) {
              seat.end(e);
              throw e;
            }
          });
    } catch (RejectedExecutionException e) {
      seat.end(null);
    }
  }

  private void leave(Seat seat) {
    seat.leaves();
    post(seat, () -> left(seat));
  }

  private void go(Seat seat) {
    seat.goes();
    post(seat, () -> left(seat));
  }

  // ---- on the control worker

  private void join(Seat seat) {
    seats.add(seat);
    if (arrivals.arrived(seat.member().mapping().source())) {
      stopGathering();
    }
    gather();
  }

  private void gather() {
    if (gathering == null) {
      gathering = control.schedule(this::gathered, patience().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private Duration patience() {
    if (arrivals.isAny()) {
      return RETURNING;
    }
    return round == null ? JOINING : JOINING_OTHERS;
  }

  private void stopGathering() {
    if (gathering != null) {
      gathering.dispose();
      gathering = null;
    }
  }

  private void gathered() {
    gathering = null;
    arrivals.giveUp();
    Round running = round;
    if (running == null) {
      whileNoneRuns(this::begin);
    } else {
      running.end();
    }
  }

  /** A fault here would leave the members without a round, and nobody would know. */
  private void whileNoneRuns(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("{}: the group could not go on, its tables begin again", ports.database(), e);
      round = null;
      arrivals.giveUp();
      List.copyOf(seats).forEach(seat -> end(seat, e));
    }
  }

  private void left(Seat seat) {
    Round running = round;
    if (running != null && running.seats().contains(seat)) {
      running.end();
    } else {
      end(seat, null);
    }
  }

  private void begin() {
    seats.removeIf(
        seat -> {
          // Read once: who wants to leave a moment later would be gone, and never be told so.
          boolean leaves = seat.isLeaving();
          if (leaves) {
            seat.end(null);
          }
          return leaves;
        });
    for (Seat stranger : Neighbours.strangers(seats)) {
      stranger.member().goesApart(stranger.first());
      end(stranger, null);
    }
    if (seats.isEmpty()) {
      standing = Standing.EMPTY;
      return;
    }
    Round next = new Round(ports, seats, order.inOrderUntil());
    round = next;
    show(next.reached());
    log.debug(
        "{}: {} tables from stream sequence {} on",
        ports.database(),
        seats.size(),
        next.reached() + 1);
    next.run().subscribe(null, error -> ended(next, error), () -> ended(next, null));
  }

  private void show(long reached) {
    standing = Standing.of(seats, reached);
  }

  private void ended(Round of, @Nullable Throwable error) {
    try {
      control.schedule(() -> endedNow(of, error));
    } catch (RejectedExecutionException e) {
      of.seats().forEach(seat -> seat.end(null));
    }
  }

  private void endedNow(Round of, @Nullable Throwable error) {
    round = null;
    stopGathering();
    show(of.reached());
    whileNoneRuns(
        () -> {
          if (error != null) {
            failed(of, error);
          }
          if (seats.isEmpty() || !arrivals.isAny()) {
            begin();
          } else {
            gather();
          }
        });
  }

  private void failed(Round of, Throwable error) {
    log.debug("{}: the round ended", ports.database(), error);
    if (of.spoilt().stream().anyMatch(Seat::isGone)) {
      // Its writer was closed in the middle of a write, which is nobody's failure.
      endToReturn(of.spoilt(), null);
    } else if (error instanceof SeatException once && order.turns(of, once)) {
      endToReturn(of.spoilt(), null);
    } else if (error instanceof SeatException one) {
      if (one.mayDependOnOtherTables()) {
        arrivals.refused(one.seat());
      }
      one.seat().member().goesApart(one.seat().first());
      end(one.seat(), one.getCause());
      endToReturn(of.spoilt(), null);
    } else if (error instanceof OrderException whole) {
      order.refused(whole);
      endToReturn(of.spoilt(), null);
    } else if (error instanceof BrokerException.Gap) {
      // Each looks for itself whether it needs what is missing.
      of.seats()
          .forEach(
              seat -> {
                seat.member().goesApart(Math.max(seat.first(), seat.member().log().lastSequence()));
                end(seat, null);
              });
    } else if (error instanceof BrokerException.Denied refusal && !ports.named()) {
      refusals.add(refusal);
      List.copyOf(seats).forEach(seat -> end(seat, null));
    } else {
      endToReturn(of.spoilt().isEmpty() ? of.seats() : of.spoilt(), error);
    }
  }

  /** They claim their tables again; the others wait for them. */
  private void endToReturn(Collection<Seat> those, @Nullable Throwable error) {
    for (Seat seat : List.copyOf(those)) {
      if (seats.contains(seat) && !seat.isLeaving()) {
        arrivals.expect(seat);
      }
      end(seat, error);
    }
  }

  private void end(Seat seat, @Nullable Throwable error) {
    if (seats.remove(seat)) {
      // First: it may ask at once whether it could join.
      show(standing.reached());
      seat.end(error);
    }
  }

  @Override
  public String toString() {
    return "Group[" + ports.database() + ", " + standing.sources() + "]";
  }
}
