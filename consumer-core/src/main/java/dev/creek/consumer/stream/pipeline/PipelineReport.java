package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.FailurePolicy;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.Verdict;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.wire.Lsn;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** The reports of a pipeline: its state to users and logs, its work to the metrics. */
final class PipelineReport {
  private static final Logger log = LoggerFactory.getLogger(PipelineReport.class);

  private final Mapping mapping;
  private final PipelinePorts around;
  private final @Nullable TableGroup group;
  private volatile Membership membership = Membership.APART;
  private final LagTracker unapplied = new LagTracker(InstantSource.system());
  private final ReportedReasons described = new ReportedReasons();
  private volatile @Nullable TableState shown;
  private volatile List<Incompleteness> marks = List.of();
  private volatile Position reached = Position.NONE;

  /**
   * @param group the group of the table; null if it is applied alone
   */
  PipelineReport(Mapping mapping, PipelinePorts around, @Nullable TableGroup group) {
    this.mapping = mapping;
    this.around = around;
    this.group = group;
  }

  /** The changes that are known not to be applied yet. */
  LagTracker unapplied() {
    return unapplied;
  }

  void begins() {
    around.recorder().line(mapping, unapplied);
    count(marks);
    is(Membership.APART);
  }

  /** The table is applied with the others of its group from now on, or on its own. */
  void is(Membership now) {
    TableGroup of = group;
    if (of != null) {
      membership = now;
      around.recorder().grouped(mapping.target(), of, now);
    }
  }

  /** What is stored every few seconds. */
  Subscriptions.Note note() {
    return new Subscriptions.Note(
        unapplied.knownLag().orElse(null), group == null ? null : membership);
  }

  /** The table's position, as far as the pipeline knows. */
  Position reached() {
    return reached;
  }

  /** The pipeline continues from a stored position. */
  void at(Position position) {
    reached = position;
  }

  /**
   * Shows a state to users. If the target is away, this is no error: the state is shown again with
   * the next one, or by {@link #showAgain}.
   */
  Mono<Void> enter(@Nullable Claim claim, TableState state) {
    announce(state);
    return claim == null ? Mono.empty() : store(claim, state);
  }

  /** The state that it entered last; null before the first. */
  @Nullable TableState shown() {
    return shown;
  }

  /** Stores the present state again: it could not be stored when it was entered. */
  Mono<Void> showAgain(Claim claim) {
    TableState state = shown;
    return state == null ? Mono.empty() : store(claim, state);
  }

  private Mono<Void> store(Claim claim, TableState state) {
    return around
        .targets()
        .report(claim, state)
        .doOnError(
            e ->
                log.debug(
                    "State {} of {} could not be stored: {}",
                    state.name(),
                    mapping.target(),
                    e.getMessage()))
        .onErrorComplete()
        .then();
  }

  /** The stored reasons why the table's rows may differ from the source's. */
  void marks(List<Incompleteness> stored) {
    List<Incompleteness> before = marks;
    if (before.equals(stored)) {
      return;
    }
    marks = stored;
    stored.stream().filter(mark -> !before.contains(mark)).forEach(this::logSet);
    before.stream().filter(mark -> !stored.contains(mark)).forEach(this::logCleared);
    count(stored);
  }

  private void count(List<Incompleteness> stored) {
    around.recorder().incomplete(mapping.target(), stored);
  }

  private void logSet(Incompleteness mark) {
    // The user asked for this mark.
    boolean asked = mark.cause() == Incompleteness.Cause.NO_SNAPSHOT;
    about(asked ? log.atInfo() : log.atWarn(), mark)
        .log(
            "{} is incomplete ({}): {}. Hint: {}",
            mapping,
            mark.cause().stored(),
            mark.reason(),
            Incompleteness.hint(mapping, List.of(mark)));
  }

  private void logCleared(Incompleteness mark) {
    about(log.atInfo(), mark)
        .log("{} is no longer incomplete ({})", mapping, mark.cause().stored());
  }

  private LoggingEventBuilder about(LoggingEventBuilder event, Incompleteness mark) {
    return about(event)
        .addKeyValue("cause", mark.cause().stored())
        .addKeyValue("detail", mark.detail())
        .addKeyValue("reason", mark.reason());
  }

  /** Shows a state that was stored before; it is logged only once it is entered again. */
  void recalls(TableState state) {
    around.recorder().state(mapping.target(), state);
  }

  private void announce(TableState state) {
    TableState before = shown;
    if (state.equals(before)) {
      return;
    }
    shown = state;
    around.recorder().state(mapping.target(), state);
    if (before != null && before.says(state)) {
      // The same state again: it is counted, and was already logged.
      return;
    }
    if (state.name() != TableState.Name.WAITING) {
      described.clear();
    }
    around.events().accept(new TableEvent.StateChanged(mapping, state));
    switch (state.name()) {
      case FAILED, GAP ->
          about(log.atError(), state)
              .log(
                  "{} is {}: {}. Hint: {}",
                  mapping,
                  state.name().stored(),
                  state.reason(),
                  state.hint());
      case WAITING -> announceWaiting(state);
      default -> announceWorking(state);
    }
  }

  /** A working table may be incomplete nevertheless. */
  private void announceWorking(TableState state) {
    String name = state.name().stored();
    if (state.reason() == null) {
      about(log.atInfo(), state).log("{} is {}", mapping, name);
    } else if (state.hint() == null) {
      about(log.atInfo(), state).log("{} is {}: {}", mapping, name, state.reason());
    } else {
      about(log.atWarn(), state)
          .log("{} is {}: {}. Hint: {}", mapping, name, state.reason(), state.hint());
    }
  }

  private void announceWaiting(TableState state) {
    LoggingEventBuilder line = about(described.isNews(state) ? log.atWarn() : log.atDebug(), state);
    if (state.hint() == null) {
      line.log("{} is waiting: {}", mapping, state.reason());
    } else {
      line.log("{} is waiting: {}. Hint: {}", mapping, state.reason(), state.hint());
    }
  }

  /** Fields for logs that programs read: the table and its progress. */
  LoggingEventBuilder about(LoggingEventBuilder event) {
    return event
        .addKeyValue("table", mapping.target())
        .addKeyValue("source", mapping.source())
        .addKeyValue("sequence", reached.sequence())
        .addKeyValue("lsn", Lsn.format(reached.lsn()));
  }

  private LoggingEventBuilder about(LoggingEventBuilder event, TableState state) {
    return about(event)
        .addKeyValue("state", state.name().stored())
        .addKeyValue("reason", state.reason())
        .addKeyValue("hint", state.hint());
  }

  void snapshotFailed(SnapshotTask task, Throwable error) {
    Throwable cause = Exceptions.unwrap(error);
    about(log.atWarn())
        .log("The snapshot of {} was not applied: {}", mapping, ErrorWords.described(cause));
    log.debug("{} gave up {}", mapping, task.order(), cause);
    task.failed(cause);
  }

  /** A run of the pipeline ended with an error. */
  void failure(Verdict verdict, Throwable error) {
    if (verdict instanceof Verdict.Retry retry) {
      around.recorder().retry(mapping.target(), retry.category());
    }
    if (FailurePolicy.isUnexpected(error)) {
      about(log.atError()).setCause(error).log("{}: unexpected error", mapping);
    } else {
      log.debug("{} ended its run", mapping, error);
    }
  }

  /** A batch has been written, perhaps not committed yet. */
  void batch(Batch batch, Duration took) {
    int changes = batch.changes().size();
    if (changes > 0) {
      unapplied.written(changes);
      around.recorder().batch(mapping.target(), changes, batch.bytes(), took);
    }
  }

  /** A position has been committed. */
  void commit(Applied applied) {
    reached = applied.position();
    unapplied.committed(applied.position());
    around.recorder().applied(mapping, applied);
    around.events().accept(new TableEvent.Committed(mapping, applied));
  }

  /** The pipeline is gone: nothing about it is shown any more. */
  void forget() {
    around.recorder().removed(mapping.target());
  }
}
