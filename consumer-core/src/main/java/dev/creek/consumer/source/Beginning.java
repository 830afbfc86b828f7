package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.SnapshotLog.ChangesSince;
import dev.creek.consumer.stream.StartAt;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * The place where a subscription begins.
 *
 * @param start where reading begins
 * @param position everything before it is not read
 * @param mayLackHead whether it may be in the middle of a message
 * @param stored whether the position is the stored one
 * @param holdings what snapshots hold of the changes behind it
 */
record Beginning(
    StartAt start,
    Position position,
    boolean mayLackHead,
    boolean stored,
    SnapshotHoldings holdings) {
  /** How far before the position's time reading begins in another stream. */
  private static final Duration OVERLAP = PipelineOptions.DEFAULT.overlap();

  /** The stream in which it counts. */
  StreamIdentity stream() {
    return Objects.requireNonNull(position.stream());
  }

  /**
   * The place for a start.
   *
   * @return empty if snapshots are to be read first; errors with {@link SourceException.Gap} if the
   *     stream no longer holds what it needs
   */
  static Mono<Beginning> of(
      Start start, Positions positions, ChangeLog changes, TableSelection tables) {
    if (start.kind() != Start.Kind.STORED) {
      return fresh(start, changes, tables);
    }
    return positions
        .load()
        .flatMap(
            stored ->
                changes
                    .state(tables.database())
                    .flatMap(log -> behind(stored, log, changes, tables))
                    .onErrorMap(
                        BrokerException.Gap.class,
                        gap -> SourceErrors.gap(tables, gap, stored.position().sequence() + 1)))
        .switchIfEmpty(Mono.defer(() -> fresh(start.otherwise(), changes, tables)));
  }

  /** Behind snapshots, of which all changes before these sequences are known to be held. */
  static Beginning behind(Position position, SnapshotHoldings holdings) {
    return new Beginning(
        new StartAt.Sequence(position.sequence() + 1, holdings.through()),
        position,
        true,
        false,
        holdings);
  }

  private static Mono<Beginning> behind(
      StoredPosition stored, LogState log, ChangeLog changes, TableSelection tables) {
    Position position = stored.position();
    StreamIdentity known = Objects.requireNonNull(position.stream());
    SnapshotHoldings holdings = SnapshotHoldings.parse(stored.snapshots());
    return known.name().equals(log.stream().name())
        ? Mono.fromSupplier(
            () ->
                new Beginning(StartAt.after(position, known, log), position, false, true, holdings))
        : elsewhere(position, holdings, log, changes, tables);
  }

  /**
   * The producer's generation has changed, and it writes to another stream: changes are read again
   * from a little earlier, by the times that they carry, and what was handled is left out. As the
   * service does.
   *
   * @param position up to which everything was handled, in the former stream
   * @param log the stream to which the producer writes now
   */
  static Mono<Beginning> elsewhere(
      Position position,
      SnapshotHoldings holdings,
      LogState log,
      ChangeLog changes,
      TableSelection tables) {
    Instant committedAt = position.committedAt();
    if (committedAt == null) {
      return Mono.just(earliest(log)); // nothing was handled
    }
    return since(committedAt.minus(OVERLAP), changes, tables)
        .map(
            found -> {
              StartAt start = StartAt.byTime(committedAt, log, found);
              long after =
                  start instanceof StartAt.Sequence first
                      ? first.first() - 1
                      : Math.max(0, log.firstSequence() - 1);
              return new Beginning(
                  start,
                  new Position(log.stream(), after, position.lsn(), committedAt),
                  true,
                  false,
                  holdings.elsewhere(position, committedAt));
            });
  }

  private static Mono<Beginning> fresh(Start start, ChangeLog changes, TableSelection tables) {
    if (start.kind() == Start.Kind.SNAPSHOT) {
      return Mono.empty();
    }
    return changes
        .state(tables.database())
        .<Beginning>flatMap(
            log ->
                switch (start.kind()) {
                  case EARLIEST, SNAPSHOT, STORED -> Mono.just(earliest(log));
                  case LATEST -> Mono.just(from(log.lastSequence() + 1, log));
                  case SEQUENCE -> Mono.fromSupplier(() -> from(start.sequence(), log));
                  case TIME -> since(Objects.requireNonNull(start.time()), log, changes, tables);
                })
        .onErrorMap(
            BrokerException.Gap.class, gap -> SourceErrors.gap(tables, gap, start.sequence()));
  }

  private static Beginning earliest(LogState log) {
    return new Beginning(
        new StartAt.Beginning(),
        at(log, Math.max(0, log.firstSequence() - 1)),
        true,
        false,
        SnapshotHoldings.NONE);
  }

  private static Beginning from(long sequence, LogState log) {
    if (sequence < log.firstSequence()) {
      throw new BrokerException.Gap(
          "stream %s no longer holds sequences %d to %d"
              .formatted(log.stream().name(), sequence, log.firstSequence() - 1));
    }
    // Messages that are missing by then are as little wanted as those before it.
    return new Beginning(
        new StartAt.Sequence(sequence, log.lastSequence()),
        at(log, sequence - 1),
        true,
        false,
        SnapshotHoldings.NONE);
  }

  private static Mono<ChangesSince> since(Instant time, ChangeLog changes, TableSelection tables) {
    SourceTable only = tables.only();
    return only == null
        ? changes.committedSince(tables.database(), time)
        : changes.committedSince(only, time);
  }

  private static Mono<Beginning> since(
      Instant time, LogState log, ChangeLog changes, TableSelection tables) {
    return since(time, changes, tables).map(found -> from(whole(found, time), log));
  }

  private static ChangesSince whole(ChangesSince found, Instant time) {
    if (!found.whole()) {
      throw new BrokerException.Gap(
          "stream %s no longer holds everything that was committed since %s"
              .formatted(found.stream().name(), time));
    }
    return found;
  }

  private static Beginning from(ChangesSince found, LogState log) {
    return found.after() < log.firstSequence()
        ? earliest(log)
        : new Beginning(
            new StartAt.Sequence(found.after() + 1),
            at(log, found.after()),
            true,
            false,
            SnapshotHoldings.NONE);
  }

  private static Position at(LogState log, long sequence) {
    return new Position(log.stream(), sequence, 0, null);
  }
}
